package diagnoser

import (
	"path"
	"regexp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// hostHeader is the Host that the proxy would send: proxy_set_header Host, else
// $proxy_host, the name in the pass.
func (r *Reading) hostHeader(g *group) string {
	if g.pass == nil {
		return g.Host
	}
	for _, h := range r.config.EffectiveAll(g.pass.Directive.Parent, "proxy_set_header") {
		if strings.EqualFold(h.Arg(0), "Host") {
			if v, ok := r.expand(g, h.Arg(1)); ok {
				return v
			}
			return g.Host
		}
	}
	if g.pass.Prefix == "proxy_" && g.pass.Network == "tcp" && !g.pass.Variable {
		return g.pass.Host
	}
	if g.pass.Group != nil {
		return g.pass.Group.Name
	}
	return g.Host
}

// fastcgiParams are the parameters that the location sends, as far as their value
// follows from the configuration and the request.
func (r *Reading) fastcgiParams(g *group) map[string]string {
	if g.pass == nil || g.pass.Protocol != "fastcgi" {
		return nil
	}
	params := map[string]string{}
	for _, d := range r.config.EffectiveAll(g.pass.Directive.Parent, "fastcgi_param") {
		if len(d.Args) < 2 {
			continue
		}
		if v, ok := r.expand(g, d.Arg(1)); ok {
			params[d.Arg(0)] = v
		}
	}
	if _, ok := params["SCRIPT_FILENAME"]; !ok {
		if script, ok := r.variable(g, "request_filename"); ok && strings.HasSuffix(script, ".php") {
			params["SCRIPT_FILENAME"] = script
		}
	}
	return params
}

var variables = regexp.MustCompile(`\$\{?\w+\}?`)

// expand replaces variables; ok is false when one is known at run time only.
func (r *Reading) expand(g *group, s string) (string, bool) {
	known := true
	out := variables.ReplaceAllStringFunc(s, func(v string) string {
		value, ok := r.variable(g, strings.Trim(v, "${}"))
		known = known && ok
		return value
	})
	return out, known
}

// variable knows the variables that the usual fastcgi_params use.
func (r *Reading) variable(g *group, name string) (string, bool) {
	uri := orRoot(g.uri)
	if request := nginx.RequestURI(g.Request); g.asked && request != "" {
		uri = request
	}
	script, query, _ := strings.Cut(uri, "?")
	if d := r.config.Effective(g.pass.Directive.Parent, "fastcgi_index"); d != nil && strings.HasSuffix(script, "/") {
		script += d.Arg(0)
	}
	switch name {
	case "request_method":
		return "GET", true
	case "request_uri":
		return uri, true
	case "uri", "document_uri", "fastcgi_script_name":
		return script, true
	case "query_string", "args":
		return query, true
	case "host", "http_host":
		return g.Host, g.Host != ""
	case "server_name":
		return g.Server, true
	case "scheme", "request_scheme":
		return "http", true
	case "server_protocol":
		return "HTTP/1.1", true
	case "content_type", "content_length", "is_args", "https", "fastcgi_path_info":
		return "", true
	case "document_root", "realpath_root":
		root := r.config.Effective(g.pass.Directive.Parent, "root")
		return rootOf(root), root != nil && !strings.Contains(root.Arg(0), "$")
	case "request_filename":
		root, ok := r.variable(g, "document_root")
		return path.Join(root, script), ok
	}
	return "", false
}

func rootOf(d *nginx.Directive) string {
	if d == nil {
		return ""
	}
	return d.Arg(0)
}

// dialable is an address at which a listener can be reached from its own host.
func dialable(l evidence.Listener) string {
	for _, any := range []string{"0.0.0.0:", "*:"} {
		if port, ok := strings.CutPrefix(l.Address, any); ok {
			return "127.0.0.1:" + port
		}
	}
	if port, ok := strings.CutPrefix(l.Address, "[::]:"); ok {
		return "127.0.0.1:" + port
	}
	return l.Address
}
