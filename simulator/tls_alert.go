package simulator

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

// Alert is the number of a TLS alert (RFC 8446, 6). In YAML it is the number or the name.
type Alert uint8

// alertNames are those of RFC 8446, B.2 and of what it replaced.
var alertNames = map[Alert]string{
	0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 22: "record_overflow", 40: "handshake_failure",
	42: "bad_certificate", 43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired",
	46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied", 50: "decode_error",
	51: "decrypt_error", 70: "protocol_version", 71: "insufficient_security", 80: "internal_error", 86: "inappropriate_fallback",
	90: "user_canceled", 100: "no_renegotiation", 109: "missing_extension", 110: "unsupported_extension", 112: "unrecognized_name",
	113: "bad_certificate_status_response", 115: "unknown_psk_identity", 116: "certificate_required", 120: "no_application_protocol",
}

// Alerts that the endpoint sends by itself.
const (
	alertBadCertificate      Alert = 42
	alertCertificateExpired  Alert = 45
	alertUnknownCA           Alert = 48
	alertProtocolVersion     Alert = 70
	alertUnrecognizedName    Alert = 112
	alertCertificateRequired Alert = 116
)

// String is the alert's name, or its number.
func (a Alert) String() string {
	if name, ok := alertNames[a]; ok {
		return name
	}
	return strconv.Itoa(int(a))
}

// DecodeStrict reads a number or a name.
func (a *Alert) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode && node.ShortTag() == "!!int" {
		return d.Decode(node, (*uint8)(a))
	}
	for number, name := range alertNames {
		if name == node.Value {
			*a = number
			return nil
		}
	}
	return d.Errorf(node, "want the number of an alert or its name, got %s (known: %s)", strictyaml.Describe(node),
		strings.Join(slices.Sorted(maps.Values(alertNames)), ", "))
}

// record is the alert in plaintext, as it is sent before keys are there (RFC 8446, 5.1).
func (a Alert) record(warning bool) []byte {
	level := byte(2)
	if warning {
		level = 1
	}
	return []byte{recordAlert, 3, 3, 0, 2, level, byte(a)}
}

// remoteAlert finds the alert that the peer sent in an error of crypto/tls, which keeps the alert's type to itself.
func remoteAlert(err error) (Alert, bool) {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" || op.Err == nil {
		return 0, false
	}
	v := reflect.ValueOf(op.Err)
	if v.Kind() != reflect.Uint8 {
		return 0, false
	}
	return Alert(v.Uint()), true
}

// plainAlert finds an alert in plaintext, behind a change_cipher_spec if there is one. OpenSSL's clients send such to refuse a certificate
// in TLS 1.3, before they have the keys to encrypt it; crypto/tls wants it encrypted and says "bad record MAC".
func plainAlert(b []byte) (Alert, bool) {
	b = bytes.TrimPrefix(b, []byte{20, 3, 3, 0, 1, 1})
	if len(b) == recordHeader+2 && b[0] == recordAlert && b[1] == 3 && b[3] == 0 && b[4] == 2 {
		return Alert(b[6]), true
	}
	return 0, false
}

func (a Alert) describe() string { return fmt.Sprintf("%s (%d)", a, uint8(a)) }
