package diagnoser

import (
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var plainAddress = regexp.MustCompile(`^(unix:/|[\w.-]+(:\d+)?(/|$)|\[[0-9a-fA-F:]+\](:\d+)?(/|$))`)

var _ = registerCheck(check{
	name: "pass-without-scheme", cause: "config-error", severity: SeverityError,
	doc: CheckDoc{
		What:  "proxy_pass names no http:// or https://: nginx does not start.",
		Mends: "The scheme in front.",
		From:  "ngx_http_proxy_pass(): \"invalid URL prefix\".",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.httpPasses() {
			d := p.Directive
			url := strings.ToLower(d.Arg(0))
			if d.Name != "proxy_pass" || strings.Contains(url, "$") || strings.HasPrefix(url, "http://") || strings.HasPrefix(url, "https://") {
				continue
			}
			m := refused(d, "invalid URL prefix")
			if plainAddress.MatchString(d.Arg(0)) {
				m.remedies = in.edit("say the scheme", in.config.ReplaceArg(d, 0, "http://"+d.Arg(0)))
			}
			found = append(found, m)
		}
		return found
	},
})

var _ = registerCheck(check{
	name: "pass-with-scheme", cause: "config-error", severity: SeverityError,
	doc: CheckDoc{
		What: "fastcgi_pass, scgi_pass, uwsgi_pass and the server lines of an upstream{} take an address, host:port or unix:/path. A scheme, a path behind the port, or a " +
			"path without \"unix:\" is refused: nginx does not start.",
		Mends: "The address alone.",
		From:  "ngx_parse_url(): \"invalid host in upstream\".",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.httpPasses() {
			if p.Prefix == "proxy_" || p.Prefix == "grpc_" || strings.Contains(p.Directive.Arg(0), "$") {
				continue
			}
			arg := p.Directive.Arg(0)
			if p.Prefix == "uwsgi_" {
				arg = strings.TrimPrefix(strings.TrimPrefix(arg, "suwsgi://"), "uwsgi://")
			}
			found = append(found, in.notAnAddress(p.Directive, arg)...)
		}
		for _, g := range in.config.Groups() {
			for _, s := range g.Servers {
				if nginx.HTTP(g.Directive) && !strings.Contains(s.Directive.Arg(0), "$") {
					found = append(found, in.notAnAddress(s.Directive, s.Directive.Arg(0))...)
				}
			}
		}
		return found
	},
})

// notAnAddress remarks an argument that holds more, or less, than an address.
func (in *inquiry) notAnAddress(d *nginx.Directive, arg string) []remark {
	if strings.HasPrefix(arg, "unix:") || !strings.Contains(arg, "/") {
		return nil
	}
	m := refused(d, fmt.Sprintf("invalid host in upstream %q", arg))
	address := arg
	if _, rest, ok := strings.Cut(address, "://"); ok {
		address = rest
	}
	switch {
	case strings.HasPrefix(address, "/"):
		address = "unix:" + address
	case strings.HasPrefix(address, "unix:"):
	default:
		address, _, _ = strings.Cut(address, "/")
	}
	if plainAddress.MatchString(address) && len(d.Args) > 0 && d.Args[0].Text == arg {
		m.remedies = in.edit("name the address alone", in.config.ReplaceArg(d, 0, address))
	}
	return []remark{m}
}

var _ = registerCheck(check{
	name: "pass-uri-not-allowed", cause: "config-error", severity: SeverityError,
	doc: CheckDoc{
		What: "proxy_pass has a path, if only \"/\", where nginx cannot tell which part of the request's path it would replace: in a location with a regular expression, in a named " +
			"location, in if or limit_except. nginx does not start.",
		Mends: "The address without a path: the request's path is then sent as it came. What should change, rewrite … break changes.",
		From:  "ngx_http_proxy_pass(): \"cannot have URI part in location given by regular expression\".",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.httpPasses() {
			d := p.Directive
			if d.Name != "proxy_pass" || strings.Contains(d.Arg(0), "$") || !uriless(d.Parent) {
				continue
			}
			uri := p.URI
			if path, ok := strings.CutPrefix(p.Host, "unix:"); ok {
				_, after, _ := strings.Cut(path, ":")
				if uri = ""; after != "" {
					uri = ":" + after
				}
			}
			if uri == "" {
				continue
			}
			m := refused(d, `"proxy_pass" cannot have URI part in location given by regular expression, or inside named location, or inside "if" statement, or inside "limit_except" block`)
			if strings.HasSuffix(d.Arg(0), uri) {
				m.remedies = in.edit("leave the path out: the request's own is sent", in.config.ReplaceArg(d, 0, strings.TrimSuffix(d.Arg(0), uri)))
			}
			found = append(found, m)
		}
		return found
	},
})

// uriless tells whether a block takes no proxy_pass with a path.
func uriless(d *nginx.Directive) bool {
	if d == nil {
		return false
	}
	return d.Name == "if" || d.Name == "limit_except" || d.Name == "location" && (strings.HasPrefix(d.Arg(0), "~") || strings.HasPrefix(d.Arg(0), "@"))
}

var _ = registerCheck(check{
	name: "upstream-port", cause: "config-error", severity: SeverityError,
	doc: CheckDoc{
		What:  "The upstream's port is no number from 1 to 65535: nginx does not start.",
		Mends: "The backend's port.",
		From:  "ngx_parse_inet_url(): \"invalid port in upstream\".",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.peers() {
			if p.network != "tcp" || p.port() == "" || strings.ContainsAny(p.address, "/$") {
				continue
			}
			if n, err := strconv.Atoi(p.port()); err != nil || n < 1 || n > 65535 {
				found = append(found, refused(p.at, fmt.Sprintf("invalid port in upstream %q", p.address)))
			}
		}
		return found
	},
})

var _ = registerCheck(check{
	name: "next-upstream-value", cause: "config-error", severity: SeverityError,
	doc: CheckDoc{
		What:  "*_next_upstream has a condition that it does not know, such as http_502 in fastcgi_next_upstream: nginx does not start.",
		Mends: "The conditions that the directive has. A FastCGI server has no 502 or 504 of its own.",
		From:  "ngx_http_proxy_next_upstream_masks[] and its kin: \"invalid value\".",
	},
	look: func(in *inquiry) (found []remark) {
		in.config.Walk(func(d *nginx.Directive) {
			prefix, ok := strings.CutSuffix(d.Name, "next_upstream")
			known := conditions[prefix]
			if !ok || known == nil || !nginx.HTTP(d) {
				return
			}
			for i, a := range d.Args {
				if slices.Contains(known, a.Text) || strings.Contains(a.Text, "$") {
					continue
				}
				m := refused(d, fmt.Sprintf("invalid value %q", a.Text))
				if m.remedies = in.edit("leave the unknown condition out", in.dropArg(d, i)); len(d.Args) == 1 {
					m.remedies = in.edit("leave the directive out: error and timeout are its default", in.config.Remove(d))
				}
				found = append(found, m)
				return
			}
		})
		return found
	},
})

var (
	ofAll  = []string{"error", "timeout", "invalid_header", "non_idempotent", "http_500", "http_503", "http_403", "http_404", "http_429", "off"}
	ofHTTP = append(slices.Clone(ofAll), "http_502", "http_504")
	// conditions are those of 1.11.13 and later.
	conditions = map[string][]string{"proxy_": ofHTTP, "grpc_": ofHTTP, "fastcgi_": ofAll, "uwsgi_": ofAll, "scgi_": ofAll}
)

var _ = registerCheck(check{
	name: "bind-address", cause: "network-unreachable", severity: SeverityError,
	doc: CheckDoc{
		What: "*_bind gives the connection a source from which the upstream cannot be reached: another address family, or a loopback address towards another host. " +
			"bind() or connect() fails on every request (97, 22), which is a 500 or 502.",
		Mends: "An address of the interface that leads to the upstream, or no *_bind.",
		From:  "ngx_event_connect_peer(): bind() before connect(); ip(7), a loopback source is not routed.",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.peers() {
			d := in.config.Effective(p.pass.Directive.Parent, p.pass.Prefix+"bind")
			if d == nil || len(d.Args) == 0 || p.network != "tcp" {
				continue
			}
			source, to := net.ParseIP(strings.Trim(hostOnly(d.Arg(0)), "[]")), net.ParseIP(p.host())
			if source == nil || to == nil {
				continue
			}
			says := ""
			switch {
			case (source.To4() == nil) != (to.To4() == nil):
				says = "is of another address family than " + p.host()
			case source.IsLoopback() && !to.IsLoopback():
				says = "is a loopback address, from which " + p.host() + " cannot be reached"
			}
			if says != "" {
				found = append(found, remark{at: d, certainty: Proved, upstream: p.target().String(), says: d.Arg(0) + " " + says,
					evidence: []Fact{in.configFact(p.at, "%s", p.at.Text())}})
			}
		}
		return found
	},
})

func hostOnly(address string) string {
	if h, _, err := net.SplitHostPort(address); err == nil {
		return h
	}
	return address
}
