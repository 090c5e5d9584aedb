package diagnoser

import (
	"fmt"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// TestFirstBytesTellTheService: what opens a connection is known by its protocol's first words, and nothing else is.
func TestFirstBytesTellTheService(t *testing.T) {
	for _, test := range []struct {
		bytes, service string
		http2          bool
	}{
		{"SSH-2.0-OpenSSH_9.6\r\n", "SSH", false},
		{"220-welcome\r\n", "a mail or FTP server", false},
		{"J\x00\x00\x00\n8.0.36\x00", "MySQL", false},
		{"J\x00\x00\x00\nx", "", false},
		{"-ERR wrong number of arguments", "Redis", false},
		{"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03", "", true},
		{"\x00\x00\x12\x04\x00\x00\x00\x00\x01\x00\x03", "", false}, // on stream 1
		{"HTTP", "", false},
		{"", "", false},
	} {
		p := &evidence.Probe{Outcome: evidence.Invalid, Note: fmt.Sprintf("first bytes: %q", test.bytes)}
		if got, http2 := greeted(p), opensWithSettings(p); got != test.service || http2 != test.http2 {
			t.Errorf("%q: got %q, %t, want %q, %t", test.bytes, got, http2, test.service, test.http2)
		}
	}
	for _, p := range []*evidence.Probe{nil, {Outcome: evidence.Invalid}, {Outcome: evidence.Invalid, Note: `first bytes: "SSH-`}, {Outcome: evidence.OK, Note: `first bytes: "SSH-2.0"`}} {
		if got := greeted(p); got != "" || opensWithSettings(p) {
			t.Errorf("%+v: got %q", p, got)
		}
	}
}
