package diagnoser

import (
	"slices"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// checksOf runs all checks on files, given as path and text in turn, and returns "name certainty".
func checksOf(t *testing.T, version string, files ...string) (names []string) {
	t.Helper()
	ev := evidence.Evidence{Proxy: evidence.Proxy{Version: version}}
	for i := 0; i < len(files); i += 2 {
		ev.Config = append(ev.Config, evidence.File{Path: files[i], Text: files[i+1]})
	}
	r, err := Read(t.Context(), ev)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Check(nil, nil).Findings {
		names = append(names, f.Check+" "+f.Certainty)
	}
	return names
}

const (
	main      = "/etc/nginx/nginx.conf"
	throughIt = "server { set $b app.example.com; location / { proxy_pass http://$b; } }\n"
)

// TestChecksKnowWhatIsNotGiven: what is absent says something only where every file is there.
func TestChecksKnowWhatIsNotGiven(t *testing.T) {
	for name, c := range map[string]struct {
		files []string
		want  []string
	}{
		"whole":                      {[]string{main, "http { " + throughIt + "}"}, []string{"variable-without-resolver likely"}},
		"fragment":                   {[]string{"site.conf", throughIt}, []string{"variable-without-resolver possible"}},
		"resolver at http":           {[]string{main, "http { resolver 127.0.0.53; " + throughIt + "}"}, nil},
		"resolver in a glob":         {[]string{main, "http { include conf.d/*.conf; " + throughIt + "}", "/etc/nginx/conf.d/dns.conf", "resolver 127.0.0.53;"}, nil},
		"include that is not given":  {[]string{main, "http { include dns.conf; " + throughIt + "}"}, []string{"variable-without-resolver possible"}},
		"include of a known file":    {[]string{main, "http { include mime.types; " + throughIt + "}"}, []string{"variable-without-resolver likely"}},
		"site included by nginx -T":  {[]string{"-", "# configuration file " + main + ":\nhttp { resolver 127.0.0.53; include s/*; }\n\n# configuration file /etc/nginx/s/a:\n" + throughIt}, nil},
		"stream is another matter":   {[]string{main, "stream { server { listen 1; proxy_pass localhost:9; } }"}, nil},
		"empty include is a fact":    {[]string{main, "http { include dns.conf; " + throughIt + "}", "/etc/nginx/dns.conf", ""}, []string{"variable-without-resolver likely"}},
		"group through a map":        {[]string{main, "http { map $host $b { default app; } upstream app { server 127.0.0.1:1; } server { location / { proxy_pass http://$b; } } }"}, nil},
		"variable from who knows":    {[]string{main, "http { server { location / { proxy_pass http://$http_x_backend; } } }"}, nil},
		"file included twice":        {[]string{main, "http { server { listen 1; location / { include p; } } server { listen 2; location / { include p; } } }", "/etc/nginx/p", "proxy_pass http://localhost:8001;"}, []string{"upstream-localhost possible"}},
		"buffers inherited, mended":  {[]string{main, "http { proxy_buffer_size 128k; server { proxy_buffers 8 128k; location / { proxy_pass http://127.0.0.1:1; } } }"}, nil},
		"buffers inherited, outside": {[]string{main, "http { proxy_buffer_size 128k; server { proxy_buffers 8 128k; } server { listen 81; } }"}, []string{"buffer-relations proved"}},
	} {
		if got := checksOf(t, "", c.files...); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// TestChecksKnowVersions: a check about a default is silent where it is another.
func TestChecksKnowVersions(t *testing.T) {
	const conf = "http { upstream app { server 127.0.0.1:1; keepalive 8; } server { location / { proxy_pass http://app; } } }"
	for version, want := range map[string]bool{"1.22.1": true, "1.29.6": true, "1.29.7": false, "1.30.0": false, "": true} {
		if got := len(checksOf(t, version, main, conf)) == 1; got != want {
			t.Errorf("version %q: got %v, want %v", version, got, want)
		}
	}
}

// TestEditInIf puts what an if does not take behind it.
func TestEditInIf(t *testing.T) {
	const conf = "http {\n  server {\n    location / {\n      if ($arg_a) {\n        proxy_pass https://api.example.com;\n      }\n    }\n  }\n}\n"
	r, err := Read(t.Context(), evidence.Evidence{Config: []evidence.File{{Path: main, Text: conf}}})
	if err != nil {
		t.Fatal(err)
	}
	f := found(r.Check(nil, nil), "tls-name-not-sent")
	if f == nil || len(f.Remedies) != 1 {
		t.Fatalf("got %+v", f)
	}
	if got, want := mended(t, r, *f), strings.Replace(conf, "      }\n", "      }\n      proxy_ssl_server_name on;\n", 1); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestConfigKind(t *testing.T) {
	for text, want := range map[string]string{
		"server {\n  location / { proxy_pass http://a; }\n}\n":          "nginx",
		"<VirtualHost *:80>\n ProxyPass / http://a/\n</VirtualHost>\n":  "apache",
		"LoadModule proxy_module x.so\nServerRoot /etc/httpd\n":         "apache",
		"global\n  maxconn 10\nbackend app\n  server one 127.0.0.1:1\n": "haproxy",
		"upstream app { server 127.0.0.1:1; }":                          "nginx",
		"# backend app\nhttp {\n  include x;\n}\n":                      "nginx",
		"": "nginx",
	} {
		if got := ConfigKind(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}
