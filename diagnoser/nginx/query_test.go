package nginx

import (
	"slices"
	"testing"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

const site = `http {
    proxy_set_header Host $host;
    proxy_set_header X-A a;
    upstream app {
        server 127.0.0.1:8001 max_fails=3;
        server unix:/run/app.sock down;
        keepalive 4;
    }
    server {
        listen 8080;
        listen [::]:8080;
        server_name one.example.com alias;
        location / { proxy_pass http://app/base/; proxy_http_version 1.1; proxy_set_header Connection ""; }
        location = /exact { proxy_pass http://127.0.0.1:8002; }
        location /img/ { proxy_pass http://127.0.0.1:8002; }
        location ^~ /static/ { proxy_pass https://backend; }
        location ~ \.php$ { fastcgi_pass unix:/run/php.sock; }
        location /var { proxy_pass http://$backend; }
        location /if { if ($x) { proxy_pass http://127.0.0.1:8003; } }
    }
    server { server_name two.example.com; location / { proxy_pass http://unix:/run/two.sock:/x; proxy_set_header X-B b; } }
}
`

func TestPassesTo(t *testing.T) {
	c := parse(t, "nginx.conf", site)
	for _, x := range []struct {
		upstream, server, request string
		want                      string
	}{
		{"http://127.0.0.1:8001/base/a", "one.example.com", "GET /a HTTP/1.1", "http://app/base/"},
		{"http://unix:/run/app.sock:/base/", "one.example.com", "GET / HTTP/1.1", "http://app/base/"},
		{"http://app/base/", "one.example.com", "GET / HTTP/1.1", "http://app/base/"},
		{"https://192.0.2.9:443/static/", "one.example.com", "GET /static/a.php HTTP/1.1", "https://backend"},
		{"fastcgi://unix:/run/php.sock:", "one.example.com", "GET /index.php HTTP/1.1", "unix:/run/php.sock"},
		{"http://192.0.2.9:1234/var", "one.example.com", "GET /var HTTP/1.1", "http://$backend"},
		{"http://unix:/run/two.sock/x", "two.example.com", "GET / HTTP/1.1", "http://unix:/run/two.sock:/x"},
	} {
		e := evidence.Event{Upstream: x.upstream, Server: x.server, Request: x.request}
		u, _ := ParseUpstream(e, c.UnixPaths())
		got := c.PassesTo(e, u.Target)
		if len(got) == 0 || got[0].Directive.Arg(0) != x.want {
			t.Errorf("%s: got %d passes, want %s first", x.upstream, len(got), x.want)
		}
	}
	e := evidence.Event{Upstream: "http://127.0.0.1:8002/img/a", Server: "one.example.com", Request: "GET /img/a HTTP/1.1"}
	u, _ := ParseUpstream(e, nil)
	if got := c.PassesTo(e, u.Target); len(got) != 2 || got[0].Directive.Parent.Arg(0) != "/img/" {
		t.Errorf("got %d passes, first in %q", len(got), got[0].Directive.Parent.Value())
	}
}

func TestLocate(t *testing.T) {
	server := parse(t, "nginx.conf", site).Top[0].Children()[3]
	for uri, want := range map[string]string{
		"/": "/", "/exact": "= /exact", "/exact/": "/", "/img/x": "/img/", "/img/x.php": `~ \.php$`, "/static/x.php": "^~ /static/",
	} {
		if got := Locate(server, uri); got == nil || got.Value() != want {
			t.Errorf("%s: got %v, want %s", uri, got, want)
		}
	}
}

func TestPlaceLeavesIf(t *testing.T) {
	for _, p := range parse(t, "nginx.conf", site).Passes() {
		if p.Address == "127.0.0.1:8003" && p.Place().Name != "location" {
			t.Errorf("got %s, want location", p.Place().Name)
		}
	}
}

func TestEffectiveAllOverwrites(t *testing.T) {
	c := parse(t, "nginx.conf", site)
	for _, p := range c.Passes() {
		var names []string
		for _, d := range c.EffectiveAll(p.Directive.Parent, "proxy_set_header") {
			names = append(names, d.Arg(0))
		}
		want := []string{"Host", "X-A"}
		switch {
		case p.Group != nil:
			want = []string{"Connection"}
		case p.Address == "/run/two.sock":
			want = []string{"X-B"}
		}
		if !slices.Equal(names, want) {
			t.Errorf("%s: got %q, want %q", p.Host, names, want)
		}
	}
}

func TestListens(t *testing.T) {
	c := parse(t, "nginx.conf", site)
	if got, want := c.Listens(), []string{"*:8080", "[::]:8080", "*:80"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for address, want := range map[string]bool{"127.0.0.1:8080": true, "127.0.0.1:80": true, "127.0.0.1:8001": false, "/run/x": false} {
		if got := c.ListensOn(address); got != want {
			t.Errorf("%s: got %v, want %v", address, got, want)
		}
	}
}

func TestKeepsAlive(t *testing.T) {
	for _, x := range []struct {
		name, upstream, location, version string
		want                              bool
	}{
		{"explicit", "keepalive 4;", `proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://app;`, "1.22.1", true},
		{"no version 1.1", "keepalive 4;", `proxy_set_header Connection ""; proxy_pass http://app;`, "1.22.1", false},
		{"Connection: close by default", "keepalive 4;", `proxy_http_version 1.1; proxy_pass http://app;`, "1.22.1", false},
		{"implicit", "", "proxy_pass http://app;", "1.29.7", true},
		{"implicit, before", "", "proxy_pass http://app;", "1.29.6", false},
		{"implicit, unknown version", "", "proxy_pass http://app;", "", false},
		{"turned off", "keepalive 0;", "proxy_pass http://app;", "1.30.0", false},
		{"no group", "", "proxy_pass http://127.0.0.1:1;", "1.30.0", false},
		{"closed by header", "", "proxy_set_header Connection close; proxy_pass http://app;", "1.30.0", false},
		{"fastcgi", "keepalive 4;", "fastcgi_keep_conn on; fastcgi_pass app;", "1.22.1", true},
		{"fastcgi without keep_conn", "keepalive 4;", "fastcgi_pass app;", "1.30.0", false},
	} {
		c := parse(t, "nginx.conf", "http { upstream app { server 127.0.0.1:1; "+x.upstream+" } server { location / { "+x.location+" } } }")
		if got, _ := c.KeepsAlive(c.Passes()[0], x.version); got != x.want {
			t.Errorf("%s: got %v, want %v", x.name, got, x.want)
		}
	}
}

func TestValues(t *testing.T) {
	for text, want := range map[string]time.Duration{"60": time.Minute, "1m 30s": 90 * time.Second, "500ms": 500 * time.Millisecond, "2h": 2 * time.Hour, "1d": 24 * time.Hour} {
		if got, ok := Duration(text); !ok || got != want {
			t.Errorf("%s: got %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "x", "$a", "-1"} {
		if got, ok := Duration(text); ok {
			t.Errorf("%q: got %v, want no time", text, got)
		}
	}
	for text, want := range map[string]int{"4096": 4096, "16k": 16 << 10, "1M": 1 << 20, "0": 0} {
		if got, ok := Size(text); !ok || got != want {
			t.Errorf("%s: got %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "k", "-4k", "4x", "99999999999999999999"} {
		if got, ok := Size(text); ok {
			t.Errorf("%q: got %v, want no size", text, got)
		}
	}
	if got := FormatDuration(1500 * time.Millisecond); got != "1500ms" {
		t.Errorf("got %s", got)
	}
	for version, want := range map[string]bool{"1.29.7": true, "1.30.0": true, "1.29.6": false, "1.9.9": false, "2.0": true, "": false} {
		if got := VersionAtLeast(version, "1.29.7"); got != want {
			t.Errorf("%s: got %v, want %v", version, got, want)
		}
	}
}
