package paste

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func read(text string) (*evidence.Host, []evidence.Probe) {
	r := New()
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		r.Line(line, fmt.Sprintf("said.txt:%d", i+1))
	}
	return r.Facts()
}

// TestGolden reads each text of testdata and compares what was understood.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("got %d texts, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			host, probes := read(string(text))
			got, err := json.MarshalIndent(map[string]any{"host": host, "probes": probes}, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(file, ".txt") + ".json"
			if *update {
				if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want, err := os.ReadFile(golden); err != nil || !bytes.Equal(bytes.TrimSpace(want), got) {
				t.Errorf("%s: got\n%s\nwant\n%s", golden, got, want)
			}
		})
	}
}

// TestProseIsNoCommand: what people write, and logs, are no facts.
func TestProseIsNoCommand(t *testing.T) {
	for _, text := range []string{
		"", "It stopped working after the update.", "# this is a comment", "$ 5 is the price",
		`192.0.2.7 - - [14/Mar/2026:09:15:02 +0000] "GET / HTTP/1.1" 502 157 "-" "curl/8.0"`,
		"2026/03/14 09:15:02 [error] 31#31: *7 connect() failed (111: Connection refused) while connecting to upstream",
		"server { listen 80; }", "- item", "version: '3'",
	} {
		if host, probes := read(text); host != nil || probes != nil {
			t.Errorf("%q: got %+v %+v", text, host, probes)
		}
	}
}

func TestWholeLists(t *testing.T) {
	const row = "\nLISTEN 0 128 127.0.0.1:8001 0.0.0.0:*"
	for command, want := range map[string]bool{
		"$ ss -ltn": true, "# ss -tlnp": true, "$ ss -tulpn": true, "$ netstat -tlpn": true, "$ netstat -ano": true,
		"$ ss -ltnp | grep 8000": false, "$ ss -ltn 'sport = :8000'": false, "$ ss -tn": false, "$ ss -xl": false, "": false,
	} {
		host, _ := read(command + row)
		unread := slices.ContainsFunc(host.Unread, func(u evidence.Unread) bool { return u.Source == "tcp listeners" })
		if unread == want {
			t.Errorf("%s: got unread %v, want %v", command, unread, !want)
		}
	}
}

func TestRegisterTwice(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("got no panic")
		}
	}()
	register("ss", nil)
}

func FuzzLine(f *testing.F) {
	for _, seed := range []string{"LISTEN 0 128 a:1 b", "Active: failed", "f: /a", "curl: (7) x", "tcp 0 0 a:1 b LISTEN", "-A INPUT -j DROP"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) { read(text) })
}

func TestActs(t *testing.T) {
	for line, want := range map[string]bool{
		"$ sudo setsebool -P httpd_can_network_connect 1":    true,
		"root@web:~# docker network connect web_default api": true,
		"$ systemctl restart nginx":                          true,
		"$ sudo ufw status":                                  true,
		"$ getsebool httpd_can_network_connect":              false,
		"$ systemctl status nginx":                           false,
		"setsebool is what helped":                           false,
	} {
		if got := Acts(line); got != want {
			t.Errorf("%s: got %v", line, got)
		}
	}
}

func TestSettingsThatBind(t *testing.T) {
	for line, want := range map[string]string{
		"        - containerPort: 8080":                         ":8080",
		"EXPOSE 3000":                                           ":3000",
		`INFO Starting ProtocolHandler ["http-nio-8080"]`:       ":8080",
		"command: python manage.py runserver 127.0.0.1:8000":    "127.0.0.1:8000",
		"python manage.py runserver 8001":                       "127.0.0.1:8001",
		"python manage.py runserver 0:8000":                     "0:8000",
		"server.port=9090":                                      ":9090",
		"ASPNETCORE_URLS=http://+:5001":                         "+:5001",
		"  PORT: 4000":                                          ":4000",
		"app.listen(3000, 'localhost', () => {})":               "127.0.0.1:3000",
		"server.listen(3001)":                                   ":3001",
		`app.run(debug=True, host="127.0.0.1", port=5001)`:      "127.0.0.1:5001",
		`log.Fatal(http.ListenAndServe("127.0.0.1:9000", nil))`: "127.0.0.1:9000",
		`bind = "127.0.0.1:8000"`:                               "127.0.0.1:8000",
	} {
		b, ok := Bind(line)
		if !ok || b.Address != want {
			t.Errorf("%s: got %q", line, b.Address)
		}
	}
	for _, line := range []string{"targetPort: 80", "EXPOSE", "REPORT: 4000", "the port is 8080"} {
		if b, ok := Bind(line); ok {
			t.Errorf("%s: got %q", line, b.Address)
		}
	}
}
