package diagnoser

import (
	"context"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// The limit of a backend is read where it stands; what overrides it, and what cannot be told, is respected.
func TestBodyLimits(t *testing.T) {
	php := "fastcgi_pass 127.0.0.1:9000;"
	run := func(process, command string) *evidence.Host {
		return &evidence.Host{Listeners: []evidence.Listener{{Network: "tcp", Address: "127.0.0.1:9000", PID: 7, Process: process}},
			Processes: []evidence.Process{{PID: 7, Name: process, Command: command}}}
	}
	for _, c := range []struct {
		name, size, pass, text string
		host                   *evidence.Host
		value                  string // of the setting that is proposed, "-" where nothing is said
	}{
		{"php.ini", "64m", php, "[PHP]\npost_max_size = 8M\n", nil, "64M"},
		{"php -i", "64m", php, "post_max_size => 8M => 8M\n", nil, "64M"},
		{"any size", "0", php, "post_max_size = 8M\n", nil, "0"},
		{"a pool before php.ini", "64m", php, "post_max_size = 8M\n[www]\nlisten = 127.0.0.1:9000\nphp_value[post_max_size] = 64M\n", nil, "-"},
		{"another pool", "64m", php, "[www]\nlisten = 127.0.0.1:9001\nphp_value[post_max_size] = 8M\n", nil, "-"},
		{"no limit", "64m", php, "post_max_size = 0\n", nil, "-"},
		{"enough", "64m", php, "post_max_size = 1G\n", nil, "-"},
		{"a comment", "64m", php, "; post_max_size = 8M\n", nil, "-"},
		{"not PHP", "64m", "proxy_pass http://127.0.0.1:9000;", "post_max_size = 8M\n", nil, "-"},
		{"uwsgi.ini", "1g", "uwsgi_pass 127.0.0.1:9000;", "[uwsgi]\nlimit-post = 1048576\n", nil, "1073741824"},
		{"Apache", "64m", "proxy_pass http://127.0.0.1:9000;", "LimitRequestBody 10485760\n", run("apache2", "/usr/sbin/apache2 -k start"), "67108864"},
		{"not Apache", "64m", "proxy_pass http://127.0.0.1:9000;", "LimitRequestBody 10485760\n", run("node", "node app.js"), "-"},
		{"waitress", "64m", "proxy_pass http://127.0.0.1:9000;", "", run("waitress-serve", "waitress-serve --max-request-body-size=1000000 app:app"), "67108864"},
		{"Spring", "64m", "proxy_pass http://127.0.0.1:9000;", "", run("java", "java -Dspring.servlet.multipart.max-request-size=10MB -jar app.jar"), "64MB"},
		{"of no known size", "$size", php, "post_max_size = 8M\n", nil, "-"},
	} {
		text := "events {}\nhttp { server { listen 80; client_max_body_size " + c.size + "; location / { " + c.pass +
			" fastcgi_param SCRIPT_FILENAME /srv/a.php; fastcgi_param REQUEST_METHOD $request_method; } } }\n"
		ev := evidence.Evidence{Config: []evidence.File{{Path: "/etc/nginx/nginx.conf", Text: text}}, Host: c.host}
		if c.text != "" {
			ev.Texts = []evidence.Log{{Name: "a.txt", Text: c.text}}
		}
		r, err := Read(context.Background(), ev)
		if err != nil {
			t.Fatal(err)
		}
		got := "-"
		if f := found(r.Check(ev.Host, nil), "body-limit-above-backend"); f != nil {
			got = f.Remedies[0].Params.Value
		}
		if got != c.value {
			t.Errorf("%s: got %q, want %q", c.name, got, c.value)
		}
	}
}
