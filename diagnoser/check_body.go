package diagnoser

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = registerCheck(check{
	name: "body-limit-above-backend", cause: "backend-rejects-body", severity: SeverityNote,
	doc: CheckDoc{
		What: "client_max_body_size lets a larger body through than the backend takes. Where the backend answers early and closes, the upload ends as 502; PHP answers with empty " +
			"$_POST and $_FILES instead. Reported where the backend's limit is known: another server{} of this configuration, post_max_size of a pool's file or php.ini, LimitRequestBody, a command line.",
		Mends: "One limit for both: the backend's raised to what uploads need, or client_max_body_size lowered to it, which gives a clean 413.",
		From:  "ngx_http_core_module, client_max_body_size; RFC 9112 section 9.6; sapi_read_standard_form_data() of PHP; LimitRequestBody of httpd.",
	},
	look: func(in *inquiry) (found []remark) {
		type pair struct {
			d  *nginx.Directive
			at string
		}
		seen := map[pair]bool{}
		for _, p := range in.peers() {
			d := in.config.Effective(p.pass.Directive.Parent, "client_max_body_size")
			if d == nil || len(d.Args) != 1 {
				continue // 1m, which is below what backends set
			}
			front, ok := bodySize(d.Arg(0))
			limit := in.bodyLimit(p)
			if !ok || limit == nil || limit.bytes == 0 || front != 0 && front <= limit.bytes || seen[pair{d, limit.fact.Ref}] {
				continue
			}
			seen[pair{d, limit.fact.Ref}] = true
			found = append(found, remark{at: d, certainty: Likely, upstream: p.target().String(), evidence: []Fact{limit.fact},
				says:     fmt.Sprintf("the proxy takes bodies of %s, and the backend of %s", sizeText(front, d.Arg(0)), limit.text),
				decides:  "an upload of a size between the two",
				remedies: in.raise(p, d.Arg(0), limit)})
		}
		return found
	},
})

// bodyLimit is the largest request body that a backend takes.
type bodyLimit struct {
	bytes   int64 // 0 for any
	text    string
	setting string // that raises it, empty where it is a server of this configuration
	server  *nginx.Directive
	fact    Fact
}

// bodyLimit finds what a backend takes, nil where nothing tells.
func (in *inquiry) bodyLimit(p peer) *bodyLimit {
	if p.pass.Protocol == "http" || p.pass.Protocol == "https" {
		if l := in.innerLimit(p); l != nil {
			return l
		}
	}
	if l := in.commandLimit(p); l != nil {
		return l
	}
	server := ""
	switch {
	case p.pass.Protocol == "fastcgi" && !in.setsPostSize(p.pass):
		server = "php"
	case p.pass.Protocol == "uwsgi":
		server = "uwsgi"
	default:
		if l := in.listener(p.target()); l != nil && (l.Process == "apache2" || l.Process == "httpd") {
			server = "apache"
		}
	}
	if pool := in.poolAt(p.address); pool != nil && pool.PostMax != "" && server == "php" {
		return limitOf("post_max_size", pool.PostMax, poolFact(pool, "post_max_size", pool.PostMax))
	}
	for _, l := range in.told().BodyLimits {
		if l.Server == server {
			return limitOf(l.Setting, l.Value, Fact{Source: fromFile, Text: l.Text, Ref: l.Ref})
		}
	}
	return nil
}

func limitOf(setting, value string, fact Fact) *bodyLimit {
	n, ok := bodySize(value)
	if !ok {
		return nil
	}
	return &bodyLimit{bytes: n, text: sizeText(n, value), setting: setting, fact: fact}
}

// setsPostSize tells whether a pass hands PHP another limit with the request.
func (in *inquiry) setsPostSize(p *nginx.Pass) bool {
	for _, d := range in.config.EffectiveAll(p.Directive.Parent, "fastcgi_param") {
		if (d.Arg(0) == "PHP_VALUE" || d.Arg(0) == "PHP_ADMIN_VALUE") && strings.Contains(d.Arg(1), "post_max_size") {
			return true
		}
	}
	return false
}

// innerLimit is that of the server{} of this configuration to which a pass leads: the largest of its locations.
func (in *inquiry) innerLimit(p peer) *bodyLimit {
	if p.network != "tcp" || !isLoopback(p.host()) {
		return nil
	}
	host, sure := in.sentHost(p.pass)
	if !sure {
		return nil
	}
	server := in.config.ServerAt(p.address, host)
	if server == nil || server == p.pass.Server() {
		return nil
	}
	best := &bodyLimit{bytes: 1 << 20, text: "1m", server: server,
		fact: in.configFact(server, "the server{} behind %s takes 1m, the default of client_max_body_size", p.address)}
	if d := in.config.Effective(server, "client_max_body_size"); d != nil {
		n, ok := bodySize(d.Arg(0))
		if !ok {
			return nil
		}
		best.bytes, best.text, best.fact = n, sizeText(n, d.Arg(0)), in.configFact(d, "the server{} behind %s: %s", p.address, d.Text())
	}
	for _, d := range in.config.Named("client_max_body_size") {
		if d.Parent != server && nginx.Enclosing(d.Parent, "server") == server {
			return nil // it depends on the location
		}
	}
	return best
}

// bodyOptions limit the body on the command line of a server.
var bodyOptions = []struct {
	setting string
	form    *regexp.Regexp
}{
	{"limit-post", regexp.MustCompile(`\buwsgi\b.*--limit-post[ =](\d+)`)},
	{"max-request-body-size", regexp.MustCompile(`\bwaitress.*--max-request-body-size[ =](\d+)`)},
	{"spring.servlet.multipart.max-request-size", regexp.MustCompile(`\bjava\b.*(?:-D|--)spring\.servlet\.multipart\.max-request-size=(\d+(?:[KMG]B)?)\b`)},
}

func (in *inquiry) commandLimit(p peer) *bodyLimit {
	l := in.listener(p.target())
	if l == nil || in.host == nil || l.PID == 0 {
		return nil
	}
	for _, process := range in.host.Processes {
		if process.PID != l.PID {
			continue
		}
		for _, o := range bodyOptions {
			if m := o.form.FindStringSubmatch(process.Command); m != nil {
				return limitOf(o.setting, m[1], fact(fromProcess, "pid %d: %s", process.PID, process.Command))
			}
		}
	}
	return nil
}

// raise lets a backend take what the proxy takes.
func (in *inquiry) raise(p peer, value string, l *bodyLimit) []Remedy {
	if l.server != nil {
		return in.edit("let the server behind take as much", in.config.Set(l.server, l.server.Child("listen"), "client_max_body_size", value))
	}
	size := backendSize(value, l.setting)
	return []Remedy{{Action: ChangeBackend, Summary: strings.TrimSpace("let the backend take as much as the proxy: " + l.setting + " " + size),
		Params: &Params{Upstream: p.target().String(), Setting: l.setting, Value: size}}}
}

// backendSize writes a size as the setting's program reads it: only PHP and Spring know units.
func backendSize(value, setting string) string {
	n, _ := bodySize(value)
	switch {
	case setting == "post_max_size":
		return strings.ToUpper(value)
	case strings.HasPrefix(setting, "spring.") && n > 0:
		return strings.ToUpper(value) + "B"
	case n == 0 && setting != "LimitRequestBody":
		return "" // 0 means nothing of the kind there
	}
	return strconv.FormatInt(n, 10)
}

var bodySizeForm = regexp.MustCompile(`^(\d{1,15})([kKmMgG]?)[bB]?$`)

// bodySize reads a size as nginx, PHP and Spring write it.
func bodySize(s string) (int64, bool) {
	m := bodySizeForm.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	shift := map[string]uint{"": 0, "k": 10, "m": 20, "g": 30}[strings.ToLower(m[2])]
	if err != nil || n > 1<<62>>shift {
		return 0, false
	}
	return n << shift, true
}

func sizeText(n int64, written string) string {
	if n == 0 {
		return "any size"
	}
	return written
}
