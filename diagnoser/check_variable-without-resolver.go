package diagnoser

import (
	"net"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = registerCheck(check{
	name: "variable-without-resolver", cause: "no-resolver", severity: SeverityError,
	doc: CheckDoc{
		What: "The pass holds a variable, so the host is resolved at run time, and no resolver is set there or around it: \"no resolver defined to resolve NAME\", 502. " +
			"nginx -t says nothing of it. A value that is an address, or the name of an upstream{} or of another pass, needs no resolver.",
		Mends: "resolver ADDRESS; in http, server or location: the address in /etc/resolv.conf, in a Docker network 127.0.0.11. Names are then looked up without /etc/hosts and search domains.",
		From:  "ngx_http_upstream_init_request(): a host that no upstream{} has is given to clcf->resolver, \"no resolver defined to resolve\".",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.httpPasses() {
			if !p.Variable || in.config.Effective(p.Directive.Parent, "resolver") != nil {
				continue
			}
			host, certainty := in.resolved(p)
			if certainty == "" || !in.knows(p.Directive.Parent) && certainty != Likely {
				continue
			}
			says := "the host is resolved at run time, and no resolver is set"
			if host != "" {
				says = host + " is resolved at run time, because the pass holds a variable, and no resolver is set"
			}
			if certainty == Likely && !in.knows(p.Directive.Parent) {
				certainty, says = Possible, says+" in what was given"
			}
			found = append(found, remark{at: p.Directive, certainty: certainty, says: says, decides: "nginx -T | grep resolver"})
		}
		return found
	},
})

// resolved tells which name a pass with variables gives to the resolver, and how sure
// that is; an empty certainty where none is needed or nothing is known.
func (in *inquiry) resolved(p *nginx.Pass) (host, certainty string) {
	literal, rest, _ := strings.Cut(p.Host, "$")
	switch {
	case strings.HasPrefix(p.Host, "unix:"):
		return "", ""
	case literal != "":
		host = strings.TrimSuffix(literal, "/")
		if h, port, found := strings.Cut(host, ":"); found && (port == "" || strings.Trim(port, "0123456789") == "") {
			host = h
		} else if !found && !startsPath(rest) && !strings.HasSuffix(literal, "/") {
			return "", "" // a name made of parts
		}
		return in.needsResolver(host, Likely)
	}
	name, after := variableName(rest)
	if name == "" || after != "" && !strings.HasPrefix(after, ":") && !strings.HasPrefix(after, "/") && !strings.HasPrefix(after, "$") {
		return "", ""
	}
	return in.valueNeeds(p, name)
}

// startsPath tells whether a variable's value begins with a slash, so that the host ends before it.
func startsPath(rest string) bool {
	name, _ := variableName(rest)
	return name == "request_uri" || name == "uri" || name == "document_uri"
}

func variableName(s string) (name, after string) {
	if inner, found := strings.CutPrefix(s, "{"); found {
		name, after, _ = strings.Cut(inner, "}")
		return name, after
	}
	end := strings.IndexFunc(s, func(r rune) bool {
		return !(r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
	})
	if end < 0 {
		end = len(s)
	}
	return s[:end], s[end:]
}

// valueNeeds looks at what set and map give the variable: the first value that is a
// name nobody knows needs a resolver. A value that comes from elsewhere says nothing.
func (in *inquiry) valueNeeds(p *nginx.Pass, name string) (host, certainty string) {
	for _, value := range in.valuesOf(p, name) {
		if strings.Contains(value, "$") || value == "" {
			continue
		}
		value = strings.TrimPrefix(strings.TrimPrefix(value, "http://"), "https://")
		if h, c := in.needsResolver(value, Likely); c != "" {
			return h, c
		}
	}
	return "", ""
}

func (in *inquiry) valuesOf(p *nginx.Pass, name string) (values []string) {
	server := p.Server()
	in.config.Walk(func(d *nginx.Directive) {
		switch {
		case d.Name == "set" && d.Arg(0) == "$"+name && (server == nil || nginx.Enclosing(d, "server") == server):
			values = append(values, d.Arg(1))
		case (d.Name == "map" || d.Name == "split_clients" || d.Name == "geo") && d.IsBlock() && len(d.Args) > 0 && d.Args[len(d.Args)-1].Text == "$"+name:
			for _, c := range d.Children() {
				if c.Name != "include" && c.Name != "hostnames" && c.Name != "volatile" && len(c.Args) == 1 {
					values = append(values, c.Arg(0))
				}
			}
		}
	})
	return values
}

// needsResolver tells whether a host is a name that nginx does not know from the
// configuration: no address, no socket, no upstream{}, no host of another pass.
func (in *inquiry) needsResolver(host, certainty string) (string, string) {
	host, _, _ = strings.Cut(host, "/")
	if strings.HasPrefix(host, "unix:") || in.config.Group(host) != nil || host == "" {
		return "", ""
	}
	bare := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		bare = h
	}
	if net.ParseIP(strings.Trim(bare, "[]")) != nil || in.config.Group(bare) != nil {
		return "", ""
	}
	for _, p := range in.httpPasses() {
		if !p.Variable && (strings.EqualFold(p.Host, host) || strings.EqualFold(p.Host, bare)) {
			return "", ""
		}
	}
	return bare, certainty
}
