package nginx

import (
	"slices"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

func parse(t *testing.T, files ...string) *Config {
	t.Helper()
	var list []evidence.File
	for i := 0; i < len(files); i += 2 {
		list = append(list, evidence.File{Path: files[i], Text: files[i+1]})
	}
	c, err := ParseConfig(list)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func texts(c *Config) (all []string) {
	c.Walk(func(d *Directive) { all = append(all, d.Text()) })
	return all
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"a b;\n}\n", `nginx.conf:2: unexpected "}"`},
		{"http {\n a b;\n", `nginx.conf:3: unexpected end of file, expecting "}"`},
		{"a b", `nginx.conf:1: unexpected end of file, expecting ";" or "}"`},
		{"\na 'x;\n", `nginx.conf:2: unexpected end of file, quote not closed`},
		{`a "b"c;`, `nginx.conf:1: unexpected "c"`},
		{"a;\n;", `nginx.conf:2: unexpected ";"`},
		{"{}", `nginx.conf:1: unexpected "{"`},
		{"http { a b }", `nginx.conf:1: unexpected "}"`},
		{strings.Repeat("a {", 100), "nginx.conf:1: blocks nested too deeply"},
		{"include nginx.conf;", "nginx.conf:1: include of nginx.conf leads back to itself"},
	} {
		_, err := ParseConfig([]evidence.File{{Path: "nginx.conf", Text: c.text}})
		if err == nil || err.Error() != c.want {
			t.Errorf("%.20q: got %v, want %s", c.text, err, c.want)
		}
	}
}

func TestParseQuoting(t *testing.T) {
	c := parse(t, "nginx.conf", "log_format a '$x \"q;{' \"b\\\"c\" d\\;e ${v}f; # not; a { directive\nmap $a $b { \"~x{2}\" 1; '' 2; }\nx \"\";\n")
	want := []string{`log_format a $x "q;{ b"c d\;e ${v}f`, "map $a $b", "~x{2} 1", "2", "x"}
	if got := texts(c); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if !c.exact["nginx.conf"] {
		t.Error("got another reading by crossplane")
	}
}

func TestParseLua(t *testing.T) {
	c := parse(t, "nginx.conf", "location / {\n content_by_lua_block {\n  local s = \"}\" .. '\\'}'\n  if x then y = {1} end\n }\n proxy_pass http://a;\n}\n")
	if got, want := texts(c), []string{"location /", "content_by_lua_block", "proxy_pass http://a"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOffsets(t *testing.T) {
	text := "http {\n\tserver { listen  \"80\"; }\n}\n"
	c := parse(t, "nginx.conf", text)
	c.Walk(func(d *Directive) {
		if !strings.HasPrefix(text[d.Start:], d.Name) || !strings.ContainsAny(text[d.End-1:d.End], ";}") {
			t.Errorf("%s: got bytes %d to %d", d.Name, d.Start, d.End)
		}
		if d.IsBlock() && (text[d.Open] != '{' || text[d.Close] != '}') {
			t.Errorf("%s: got braces at %d and %d", d.Name, d.Open, d.Close)
		}
	})
	listen := c.Top[0].Block[0].Block[0]
	if got := text[listen.Args[0].Start:listen.Args[0].End]; got != `"80"` || listen.Arg(0) != "80" {
		t.Errorf("got %s, %s", got, listen.Arg(0))
	}
	if listen.Line != 2 || c.Column("nginx.conf", listen.Start) != 11 {
		t.Errorf("got %d:%d", listen.Line, c.Column("nginx.conf", listen.Start))
	}
}

func TestIncludes(t *testing.T) {
	c := parse(t,
		"/etc/nginx/nginx.conf", "http {\n include mime.types;\n include conf.d/*.conf;\n}\n",
		"/etc/nginx/conf.d/b.conf", "server { location / { include snippets/p; proxy_pass http://b; } }",
		"/etc/nginx/conf.d/a.conf", "server { listen 81; }",
		"/etc/nginx/snippets/p", "proxy_read_timeout 5s;")
	want := []string{"http", "server", "listen 81", "server", "location /", "proxy_read_timeout 5s", "proxy_pass http://b"}
	if got := texts(c); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if !slices.Equal(c.Missing, []string{"mime.types"}) {
		t.Errorf("got %q missing", c.Missing)
	}
	p := c.Passes()[0]
	if d := c.Effective(p.Directive.Parent, "proxy_read_timeout"); d == nil || d.File != "/etc/nginx/snippets/p" {
		t.Errorf("got %+v", d)
	}
}

func TestIncludesGrowWithinBounds(t *testing.T) {
	var files []evidence.File
	for _, n := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n"} {
		next := string(n[0] + 1)
		files = append(files, evidence.File{Path: n, Text: strings.Repeat("include "+next+";", 2)})
	}
	files = append(files, evidence.File{Path: "o", Text: "x;"})
	if _, err := ParseConfig(files); err == nil || !strings.Contains(err.Error(), "more than 4096 files included") {
		t.Errorf("got %v", err)
	}
}

func TestDump(t *testing.T) {
	c := parse(t, "-", "nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\n"+
		"# configuration file /etc/nginx/nginx.conf:\nhttp {\n    include /etc/nginx/app.conf;\n}\n\n"+
		"# configuration file /etc/nginx/app.conf:\nserver { listen 81; }\n\n")
	if got, want := texts(c), []string{"http", "server", "listen 81"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := c.Text("/etc/nginx/app.conf"); got != "server { listen 81; }\n" {
		t.Errorf("got %q", got)
	}
}

func TestFragment(t *testing.T) {
	c := parse(t, "site.conf", "location /a { proxy_pass http://127.0.0.1:1; }\nproxy_read_timeout 7s;\n")
	if d := c.Effective(c.Passes()[0].Directive.Parent, "proxy_read_timeout"); d == nil || d.Arg(0) != "7s" {
		t.Errorf("got %+v", d)
	}
}
