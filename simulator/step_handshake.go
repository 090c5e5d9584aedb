package simulator

import (
	"errors"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

type handshake TLS
type alertStep struct {
	Number  Alert
	After   HandshakePlace
	Warning bool
}
type closeNotify struct{}
type truncate struct{}

// Handshake does the TLS handshake here. What t leaves open is as the endpoint declares it. Without this step an endpoint with TLS does its handshake
// after the connection's script; what that script sends before it is plaintext. On an endpoint without TLS it is STARTTLS.
func Handshake(t TLS) Step { return handshake(t) }

// SendAlert answers the ClientHello with a fatal alert instead of a handshake; the connection ends after the script.
//
// nginx: "SSL_do_handshake() failed (SSL: error:… SSL alert number 40) while SSL handshaking to upstream".
func SendAlert(a Alert) Step { return alertStep{Number: a} }

// SendAlertAtAccept sends a fatal alert before anything was read.
func SendAlertAtAccept(a Alert) Step { return alertStep{Number: a, After: AfterAccept} }

// SendWarning sends an alert of level warning, after which the handshake goes on (up to TLS 1.2).
func SendWarning(a Alert) Step { return alertStep{Number: a, Warning: true} }

// CloseNotify says in TLS that nothing more is sent, and leaves the connection open.
func CloseNotify() Step { return closeNotify{} }

// Truncate ends a TLS connection by FIN alone, without close_notify: the peer cannot know whether it got everything (RFC 8446, 6.1). FIN sends both, and
// Close is close(2) and no close_notify.
func Truncate() Step { return truncate{} }

var _ = registerStep("handshake", "handshake: {certificate: expired}", "does the TLS handshake here, with settings of its own over those of the endpoint; nginx: upstream SSL certificate verify error", optional[handshake])
var _ = registerStep("alert", "alert: {number: unrecognized_name, after: client_hello}",
	"sends a TLS alert instead of a handshake, by number or name; nginx: SSL_do_handshake() failed … SSL alert number 112", argument[alertStep])
var _ = registerStep("close_notify", "close_notify", "sends TLS's close_notify and leaves the connection open", word(CloseNotify()))
var _ = registerStep("truncate", "truncate", "ends a TLS connection by FIN without close_notify", word(Truncate()))

// DecodeStrict reads what TLS reads.
func (h *handshake) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	return (*TLS)(h).DecodeStrict(d, node)
}

// DecodeStrict also takes the alert alone.
func (a *alertStep) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		return d.Decode(node, &a.Number)
	}
	var raw struct {
		Number Alert          `yaml:"number" strict:"required"`
		After  HandshakePlace `yaml:"after"`
		Level  string         `yaml:"level"`
	}
	if err := d.Decode(node, &raw); err != nil {
		return err
	}
	if raw.Level != "" && raw.Level != "fatal" && raw.Level != "warning" {
		return d.Errorf(node, "level: %q is neither fatal nor warning", raw.Level)
	}
	*a = alertStep{raw.Number, raw.After, raw.Level == "warning"}
	return nil
}

func (h handshake) compile(b *builder) error {
	if err := b.needHello("handshake"); err != nil {
		return err
	}
	setup, err := b.setup(TLS(h).over(b.tls))
	if err != nil {
		return err
	}
	b.shaken = true
	b.unread = b.unread || b.unix && setup.Plaintext == PlainRST
	b.do("handshake", func(c *conn) error { return c.shake(setup) })
	return nil
}

func (a alertStep) compile(b *builder) error {
	if b.tls == nil {
		return errors.New("alert: " + errNoTLS.Error())
	}
	if err := b.needHello("alert"); err != nil {
		return err
	}
	if a.After == AfterServerHello {
		return errors.New("alert: after must be accept or client_hello; behind the ServerHello cut_handshake ends the handshake")
	}
	b.alerted = !a.Warning
	b.closes = b.closes || b.alerted
	b.do("alert", a.run)
	b.raw(bytesSegment(a.Number.record(a.Warning)))
	return nil
}

func (a alertStep) run(c *conn) error {
	if a.After != AfterAccept {
		h, err := c.awaitHello()
		if err != nil {
			return err
		}
		if h.plain {
			c.failed("alert: the peer sent no ClientHello")
		}
	}
	if !a.Warning {
		c.security()
		e := c.handshakeEntry(HandshakeRefused)
		e.Alert, e.AlertBy = a.Number, ByLocal
		c.log(&Entry{Kind: KindHandshake, TLS: e})
	}
	return nil
}

// needEncrypted is the error of a step that needs TLS to be spoken already.
func (b *builder) needEncrypted(step string) error {
	if b.shaken || b.tls != nil && !b.connScope {
		return nil
	}
	return errors.New(step + ": no TLS is spoken here: it comes after the handshake")
}

func (closeNotify) compile(b *builder) error {
	if err := b.needEncrypted("close_notify"); err != nil {
		return err
	}
	sent := b.out.size[rawLayer]
	b.effects = append(b.effects, effect{origin: b.current, at: End(), apply: func(_ *builder, all int64) error {
		if all > sent {
			return errors.New("close_notify: nothing can be sent after it")
		}
		return nil
	}})
	b.closes = true
	b.do("close_notify", func(c *conn) error {
		c.notifyClose()
		return nil
	})
	return nil
}

func (truncate) compile(b *builder) error {
	if err := b.needEncrypted("truncate"); err != nil {
		return err
	}
	if b.unread {
		return errors.New("truncate: an orderly end reads what leave_unread leaves; use close or rst")
	}
	b.end("truncate", func(c *conn) error {
		c.security().silent = true
		return c.fin()
	})
	return nil
}
