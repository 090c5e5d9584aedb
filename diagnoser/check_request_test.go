package diagnoser

import (
	"context"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// stream{} sends the PROXY protocol's header or not, and the listener behind it expects it or not.
func TestProxyProtocolOfStream(t *testing.T) {
	for _, c := range []struct{ send, listen, want string }{
		{"proxy_protocol on;", "127.0.0.1:8443", "proxy-protocol-not-expected"},
		{"proxy_protocol on;", "8443", "proxy-protocol-not-expected"},
		{"proxy_protocol on;", "8443 quic", ""},
		{"proxy_protocol on;", "8443 proxy_protocol", ""},
		{"proxy_protocol off;", "8443 proxy_protocol", "proxy-protocol-own-listener"},
		{"", "127.0.0.1:8443 proxy_protocol", "proxy-protocol-own-listener"},
		{"", "8443", ""},
	} {
		text := "events {}\nstream { server { listen 443; proxy_pass 127.0.0.1:8443; " + c.send + " } }\nhttp { server { listen " + c.listen + "; root /srv/www; } }\n"
		r, err := Read(context.Background(), evidence.Evidence{Config: []evidence.File{{Path: "/etc/nginx/nginx.conf", Text: text}}})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, f := range r.Check(nil, nil).Findings {
			got += f.Check
		}
		if got != c.want {
			t.Errorf("%q to %q: got %q, want %q", c.send, c.listen, got, c.want)
		}
	}
}
