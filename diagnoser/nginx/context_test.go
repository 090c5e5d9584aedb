package nginx

import (
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

func TestContext(t *testing.T) {
	const head = `connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.7, server: a`
	for _, c := range []struct {
		name, text              string
		request, upstream, host string
	}{
		{"plain", head + `, request: "GET / HTTP/1.1", upstream: "http://127.0.0.1:1/", host: "a"`, "GET / HTTP/1.1", "http://127.0.0.1:1/", "a"},
		{"no host", head + `, request: "GET / HTTP/1.0", upstream: "http://127.0.0.1:1/"`, "GET / HTTP/1.0", "http://127.0.0.1:1/", ""},
		{"HTTP/0.9", head + `, request: "GET /", upstream: "http://127.0.0.1:1/"`, "GET /", "http://127.0.0.1:1/", ""},
		{"subrequest", head + `, request: "GET / HTTP/1.1", subrequest: "/auth", upstream: "http://127.0.0.1:1/auth", host: "a"`, "GET / HTTP/1.1", "http://127.0.0.1:1/auth", "a"},
		{"forged in the request", head + `, request: "GET /?x=", upstream: "http://evil/", host: "e HTTP/1.1", upstream: "http://127.0.0.1:1/", host: "a"`,
			`GET /?x=", upstream: "http://evil/", host: "e HTTP/1.1`, "http://127.0.0.1:1/", "a"},
		{"forged in the request, escaped", head + `, request: "GET /?x=\x22, upstream: \x22http://evil/\x22 HTTP/1.1", upstream: "http://127.0.0.1:1/", host: "a"`,
			`GET /?x=\x22, upstream: \x22http://evil/\x22 HTTP/1.1`, "http://127.0.0.1:1/", "a"},
		{"forged in the referrer", head + `, request: "GET / HTTP/1.1", upstream: "http://127.0.0.1:1/", host: "a", referrer: "x", upstream: "http://evil/", host: "evil"`,
			"GET / HTTP/1.1", "http://127.0.0.1:1/", "a"},
		{"forged in the upstream's URI", head + `, request: "GET /?" HTTP/1.1", upstream: "http://127.0.0.1:1/?", client: 198.51.100.1", host: "a"`,
			`GET /?" HTTP/1.1`, `http://127.0.0.1:1/?", client: 198.51.100.1`, "a"},
		{"cut in the request", head + `, request: "GET /aaaa`, "GET /aaaa", "", ""},
		{"cut in the upstream", head + `, request: "GET / HTTP/1.1", upstream: "http://127.0.0.1:1/aaa`, "GET / HTTP/1.1", "http://127.0.0.1:1/aaa", ""},
		{"stream", `connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.7, server: 0.0.0.0:80, upstream: "127.0.0.1:1", bytes from/to client:0/0, bytes from/to upstream:0/0`, "", "127.0.0.1:1", ""},
	} {
		var e evidence.Event
		readContext(&e, c.text)
		if e.Request != c.request || e.Upstream != c.upstream || e.Host != c.host {
			t.Errorf("%s: got %q, %q, %q, want %q, %q, %q", c.name, e.Request, e.Upstream, e.Host, c.request, c.upstream, c.host)
		}
		if e.Client != "192.0.2.7" || !strings.HasSuffix(e.Message, "upstream") {
			t.Errorf("%s: got client %q, message %q", c.name, e.Client, e.Message)
		}
	}
}

func TestContextOfBackendText(t *testing.T) {
	var e evidence.Event
	readContext(&e, `FastCGI sent in stderr: "x, client: 198.51.100.1, server: evil, request: "GET / HTTP/1.1", upstream: "http://evil/"" `+
		`while reading response header from upstream, client: 192.0.2.7, server: a, request: "GET / HTTP/1.1", upstream: "fastcgi://127.0.0.1:9000", host: "a"`)
	if e.Client != "192.0.2.7" || e.Upstream != "fastcgi://127.0.0.1:9000" {
		t.Errorf("got client %q, upstream %q", e.Client, e.Upstream)
	}
}

func TestCutRecord(t *testing.T) {
	text := line("upstream sent too big header", "http://127.0.0.1:8000/"+strings.Repeat("a", 3000))[:cutLen]
	events, _, _ := scan(t, strings.NewReader(text+"\n"))
	if len(events) != 1 || !events[0].Cut {
		t.Fatalf("got %+v", events)
	}
	if u, ok := ParseUpstream(events[0], nil); !ok || u.Address != "127.0.0.1:8000" {
		t.Errorf("got %+v, %v", u, ok)
	}
}

func TestParseUpstream(t *testing.T) {
	for _, c := range []struct{ upstream, request, protocol, network, address, uri string }{
		{"http://127.0.0.1:8000/x?y", "", "http", "tcp", "127.0.0.1:8000", "/x?y"},
		{"https://[::1]:8443", "", "https", "tcp", "[::1]:8443", ""},
		{"http://app/x", "", "http", "tcp", "app", "/x"},
		{"http://127.0.0.1:8000?y", "", "http", "tcp", "127.0.0.1:8000", "?y"},
		{"fastcgi://unix:/run/app.sock:", "", "fastcgi", "unix", "/run/app.sock", ""},
		{"fastcgi://unix:/run/app.sock", "", "fastcgi", "unix", "/run/app.sock", ""},
		{"http://unix:/run/app.sock:/x", "", "http", "unix", "/run/app.sock", "/x"},
		{"http://unix:/run/app.sock/x", "GET /x HTTP/1.1", "http", "unix", "/run/app.sock", "/x"},
		{"http://unix:/run/app/x", "GET /x HTTP/1.1", "http", "unix", "/run/app", "/x"},
		{"http://unix:/run/app.sock/x", "GET /other HTTP/1.1", "http", "unix", "/run/app.sock", "/x"},
		{"http://unix:/srv/known/x", "GET /y HTTP/1.1", "http", "unix", "/srv/known", "/x"},
		{"http://unix:/run/app.sock/", "GET / HTTP/1.1", "http", "unix", "/run/app.sock", "/"},
	} {
		u, ok := ParseUpstream(evidence.Event{Upstream: c.upstream, Request: c.request}, []string{"/srv/known"})
		want := Upstream{evidence.Target{Protocol: c.protocol, Network: c.network, Address: c.address}, c.uri}
		if !ok || u != want {
			t.Errorf("%s: got %+v, want %+v", c.upstream, u, want)
		}
	}
	if _, ok := ParseUpstream(evidence.Event{}, nil); ok {
		t.Error("got an upstream from nothing")
	}
}
