package verify

import (
	"errors"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/harness/sidecar"
)

const userConf = `user web;
pid /run/web.pid;
worker_processes auto;
error_log /srv/log/error.log crit;
events {}
http {
    access_log /srv/log/access.log;
    upstream app {
        server 10.0.0.5:8000;
        server app.internal:8000;
    }
    include sites/*.conf;
}
`

const userSite = `server {
    listen 203.0.113.7:443 ssl http2 default_server;
    listen [::]:443 ssl;
    server_name *.example.com shop.example.com;
    ssl_certificate /etc/ssl/shop.pem;
    ssl_certificate_key /etc/ssl/shop.key;
    location /api/ {
        proxy_pass http://app;
    }
    location ~ \.php$ {
        fastcgi_pass [fd00::9]:9000;
    }
}
server {
    listen 8080;
    return 404;
}
`

func userFiles() []evidence.File {
	return []evidence.File{{Path: "/opt/web/nginx.conf", Text: userConf}, {Path: "/opt/web/sites/shop.conf", Text: userSite}}
}

func finding(line int) diagnoser.Finding {
	return diagnoser.Finding{Where: &diagnoser.Where{File: "/opt/web/sites/shop.conf", Line: line}}
}

func TestStageFitsAPod(t *testing.T) {
	s, err := newStage(userFiles(), finding(8), -1)
	if err != nil {
		t.Fatal(err)
	}
	if s.host != "shop.example.com" || s.path != "/api/" {
		t.Errorf("it would ask %s for %s", s.host, s.path)
	}
	h := newHosts()
	files, err := s.files(h)
	if err != nil {
		t.Fatal(err)
	}
	main, site := files[sidecar.ConfigPath], files["/etc/nginx/sites/shop.conf"]
	for _, gone := range []string{"user web", "pid ", "error_log", "access_log", "10.0.0.5", "ssl", "[::]", "203.0.113.7", "fd00"} {
		if strings.Contains(main+site, gone) {
			t.Errorf("%q is still there:\n%s%s", gone, main, site)
		}
	}
	for _, there := range []string{"worker_processes 1;", `server "127.1.0.3:8000";`, "server app.internal:8000;", "listen 8080 default_server;", "listen 28080;", `fastcgi_pass "127.1.0.2:9000";`} {
		if !strings.Contains(main+site, there) {
			t.Errorf("%q is missing:\n%s%s", there, main, site)
		}
	}
	if files["/opt/web/sites/shop.conf"] != site {
		t.Error("an include by its whole path would find another file")
	}
	targets, err := s.targets(h)
	if err != nil || len(targets) != 2 || targets[0].Address != "127.1.0.3:8000" || targets[1].Address != "127.1.0.4:8000" {
		t.Errorf("got %v (%v)", targets, err)
	}
	if !strings.Contains(h.text(), "127.1.0.4 app.internal\n") {
		t.Errorf("hosts:\n%s", h.text())
	}
}

func TestStageAsksWhereTheLocationIs(t *testing.T) {
	if s, err := newStage(userFiles(), finding(11), -1); err != nil || s.path != "/index.php" {
		t.Errorf("got %+v (%v)", s, err)
	}
}

func TestWhatCannotBeTriedSaysWhy(t *testing.T) {
	edits := []diagnoser.Edit{{File: "/opt/web/nginx.conf", Offset: 0, Old: "user", New: "user"}}
	for name, c := range map[string]struct {
		cause  string
		config string
		edits  []diagnoser.Edit
		says   string
	}{
		"not of the configuration": {"worker-killed-oom", userConf, edits, "no way is known"},
		"no edit":                  {"wrong-port", userConf, nil, "is no edit"},
		"an edit of another text":  {"wrong-port", "x" + userConf, edits, "does not fit"},
		"a variable":               {"wrong-port", "events {} http { server { location / { proxy_pass http://$up; } } }", []diagnoser.Edit{{File: "/opt/web/nginx.conf"}}, "run time"},
		"a part":                   {"wrong-port", "location / { proxy_pass http://127.0.0.1:1; }", []diagnoser.Edit{{File: "/opt/web/nginx.conf"}}, "whole configuration"},
		"a buffer not raised":      {"oversized-header", "events {} http { server { location / { proxy_pass http://127.0.0.1:1; } } }", []diagnoser.Edit{{File: "/opt/web/nginx.conf"}}, "does not raise"},
	} {
		f := diagnoser.Finding{Cause: c.cause}
		_, err := newTrial(f, diagnoser.Remedy{Action: "edit-config", Edits: c.edits}, []evidence.File{{Path: "/opt/web/nginx.conf", Text: c.config}})
		var no unable
		if !errors.As(err, &no) || !strings.Contains(no.why, c.says) {
			t.Errorf("%s: got %v, want %q", name, err, c.says)
		}
	}
}

func TestVersionOfTheSameBranch(t *testing.T) {
	for of, want := range map[string]string{"1.22.1": "1.22", "1.18": "1.18", "1.2": "1.30", "": "1.30", "1.25.3": "1.30"} {
		if got := Version(of); got != want {
			t.Errorf("%q: got %s, want %s", of, got, want)
		}
	}
}
