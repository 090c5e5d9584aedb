package paste

import (
	"regexp"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var (
	// saysBind are the lines with which servers say where they listen.
	saysBind = regexp.MustCompile(`(?i)(?:listen(?:ing|s) (?:at|on)|running on|running at|server at|started (?:server )?on|serving (?:http )?(?:on|at)|ready on|available at|local:|http server on|bound to)\W{0,6}` +
		`(?:(?:tcp|http port|port\(s\)|port|unix socket|socket|host|url):?\W{0,3})?((?:https?|tcp)://)?((?:\[[0-9a-f:]+\]|[\w.*-]+)?:)?(\d{2,5}|unix:/\S+)?(/[\w./-]+\.sock)?`)
	// nothing is said to listen.
	nothing = regexp.MustCompile(`(?i)\b(?:nothing|nobody|no (?:process|one|service)|not|n't)\b.{0,30} listen`)
	// flagBind are options of a command line that name host and port.
	flagBind    = regexp.MustCompile(`(?:--?bind|-b|--http-socket|--socket|--http|-S|--listen)[ =](?:unix:)?(\S+)`)
	flagHost    = regexp.MustCompile(`(?:--host|-H|--hostname|--address)[ =](\S+)`)
	flagPort    = regexp.MustCompile(`(?:--port|-p|-P)[ =](\d{2,5})\b`)
	flagTimeout = regexp.MustCompile(`(?:--timeout|-t|--harakiri)[ =](\d{1,5})\b`)
	serverName  = regexp.MustCompile(`(?i)\b(gunicorn|uvicorn|hypercorn|daphne|uwsgi|puma|unicorn|thin|flask|django|manage\.py|node|nuxt|next|vite|webpack|php-fpm|php -S|tomcat|jetty|netty|spring|express|streamlit|jupyter|waitress|http\.server)\b`)
)

// bind takes from command lines and first lines of logs where a server listens.
var _ = register("bind", func(f *facts) taker {
	return func(l line) bool {
		if l.prompt && !l.ran("gunicorn", "uwsgi", "uvicorn", "hypercorn", "daphne", "python", "python3", "node") {
			return false // the options of others have other meanings
		}
		f.bindOf(l.text)
		return false // the same line may be a row of ps
	}
})

// MayBind tells cheaply whether a line of a log can say where a server listens.
func MayBind(text []byte) bool {
	s := string(text[:min(len(text), 200)])
	for _, word := range []string{"istening", "unning ", "erver at", "tarted ", "erving ", "--bind", "vailable at", "eady on"} {
		if strings.Contains(s, word) {
			return true
		}
	}
	return false
}

// Bind reads a line in which a server says where it listens.
func Bind(text string) (evidence.Bind, bool) {
	f := &facts{}
	f.bindOf(text)
	if len(f.host.Binds) == 0 || f.host.Binds[0].Address == "" {
		return evidence.Bind{}, false
	}
	return f.host.Binds[0], true
}

// setBind are settings and code that say where a server listens: manifests of Kubernetes, Dockerfiles, environment
// variables, first lines of Tomcat, and the calls of Python, Node.js and Go. The first group is the address.
var setBind = []*regexp.Regexp{
	regexp.MustCompile(`\bcontainerPort: *(\d{2,5})\b`),
	regexp.MustCompile(`^EXPOSE (\d{2,5})\b`),
	regexp.MustCompile(`ProtocolHandler \["(?:https?|ajp)-\w+-(\d{2,5})"\]`),
	regexp.MustCompile(`\brunserver ((?:[\w.\[\]:]+:)?\d{2,5})\b`),
	regexp.MustCompile(`\bserver\.port *[=:] *(\d{2,5})\b`),
	regexp.MustCompile(`\bASPNETCORE_(?:URLS|HTTP_PORTS)\W+(?:https?://([^\s;:]*:\d{2,5})|\d{2,5}\b)`),
	regexp.MustCompile(`(?:^|[\s"'-])PORT *[=:] *["']?(\d{4,5})\b`),
	regexp.MustCompile(`\.listen\( *(\d{2,5})\b`),
	regexp.MustCompile(`ListenAndServe\("([^"\s]*:\d{2,5})"`),
	regexp.MustCompile(`^\s*bind *=? *["'](?:tcp://)?([\w.\[\]:]*:\d{2,5})["']`),
}

var (
	// calledHost are servers that are started from code with a host and a port: app.run, uvicorn.run, listen.
	calledHost = regexp.MustCompile(`\brun\(.*\bhost *= *["']([\w.:]+)["'].*\bport *= *(\d{2,5})`)
	listenHost = regexp.MustCompile(`\.listen\( *(\d{2,5}) *, *["']([\w.:]+)["']`)
)

// setIn reads such a setting, "" where there is none.
func setIn(text string) string {
	if m := listenHost.FindStringSubmatch(text); m != nil {
		return anyHost(m[2] + ":" + m[1])
	}
	if m := calledHost.FindStringSubmatch(text); m != nil {
		return anyHost(m[1] + ":" + m[2])
	}
	for _, re := range setBind {
		m := re.FindStringSubmatch(text)
		switch {
		case m == nil:
		case strings.Contains(m[0], "runserver") && !strings.Contains(m[1], ":"):
			return "127.0.0.1:" + m[1]
		case strings.Contains(m[1], ":"):
			return anyHost(m[1])
		case m[1] != "":
			return ":" + m[1]
		}
	}
	return ""
}

// bindOf reads a command line, or what a server says of itself.
func (f *facts) bindOf(text string) bool {
	b := evidence.Bind{Text: strings.TrimSpace(text[:min(len(text), 200)])}
	if m := serverName.FindString(text); m != "" {
		b.Server = strings.ToLower(m)
	}
	if m := saysBind.FindStringSubmatch(text); m != nil && !nothing.MatchString(text) && (m[3] != "" && (m[2] != "" || strings.Contains(strings.ToLower(m[0]), "port") || len(m[3]) > 2) || m[4] != "") {
		b.Address, b.TLS = said(m[2], m[3], m[4]), strings.HasPrefix(m[1], "https")
	} else if b.Address = setIn(text); b.Address == "" && b.Server != "" {
		b.Address = flagged(text)
		if m := flagTimeout.FindStringSubmatch(text); m != nil && b.Server != "node" {
			b.Timeout = time.Duration(atoi(m[1])) * time.Second
		}
		b.TLS = strings.Contains(text, "--certfile") || strings.Contains(text, "--ssl-keyfile")
	}
	if b.Address == "" && b.Timeout == 0 {
		return false
	}
	f.host.Binds = append(f.host.Binds, b)
	f.found = true
	return true
}

func said(host, port, path string) string {
	if path, ok := strings.CutPrefix(port, "unix:"); ok {
		return path
	}
	if port == "" {
		return path
	}
	host = strings.TrimSuffix(host, ":")
	switch strings.ToLower(host) {
	case "":
		return ":" + port // no host is named: it may be any
	case "*", "0.0.0.0":
		return "0.0.0.0:" + port
	case "localhost":
		return "127.0.0.1:" + port
	}
	return anyHost(host + ":" + port)
}

// flagged reads the options of a command line, "" without any.
func flagged(text string) string {
	if m := flagBind.FindStringSubmatch(text); m != nil {
		at := strings.Trim(m[1], `'"`)
		switch {
		case strings.HasPrefix(at, "/"):
			return at
		case strings.HasPrefix(at, ":"):
			return "0.0.0.0" + at
		case strings.Contains(at, ":"):
			return anyHost(at)
		}
	}
	port := flagPort.FindStringSubmatch(text)
	host := flagHost.FindStringSubmatch(text)
	switch {
	case port != nil && host != nil:
		return anyHost(strings.Trim(host[1], `'"`) + ":" + port[1])
	case port != nil:
		return ":" + port[1]
	}
	return ""
}
