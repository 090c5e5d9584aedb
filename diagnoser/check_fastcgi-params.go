package diagnoser

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = registerCheck(check{
	name: "fastcgi-params-missing", cause: "script-not-found", severity: SeverityError,
	doc: CheckDoc{
		What: "php-fpm is not told the method of the request: no REQUEST_METHOD is set. fastcgi_params is not included there, or a fastcgi_param of the location keeps it " +
			"from inheriting those of the levels above. php-fpm takes such a request for none, runs nothing and answers 200 with an empty page; no log says a word.",
		Mends: "include fastcgi_params; beside the pass and its own fastcgi_param lines.",
		From:  "php-fpm, main(): a request without a method is no HTTP request; ngx_http_fastcgi_init_params(): a level with one inherits none.",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.httpPasses() {
			if p.Prefix != "fastcgi_" || !in.forPHP(p) || !in.withoutMethod(p) {
				continue
			}
			m := remark{at: p.Directive, certainty: Likely, upstream: targetOf(p).String(), decides: "curl -i: 200 with an empty page, and nothing in any log",
				says: "no REQUEST_METHOD is sent: php-fpm runs nothing and answers 200 with an empty page"}
			params := in.config.EffectiveAll(p.Directive.Parent, "fastcgi_param")
			if d := in.hidden(params); d != nil {
				m.evidence = append(m.evidence, in.configFact(params[0], "the fastcgi_param here keeps those of %s{} from being inherited, REQUEST_METHOD (%s:%s) among them", d.Parent.Name, d.File, lineOf(d)))
			}
			in.askedWithout(p, &m)
			m.remedies = in.sendParams(p, params)
			found = append(found, m)
		}
		return found
	},
})

// withoutMethod tells whether a pass surely sends no REQUEST_METHOD.
func (in *inquiry) withoutMethod(p *nginx.Pass) bool {
	known := in.knows(p.Directive.Parent) && !slices.ContainsFunc(in.config.Missing, func(file string) bool { return strings.HasPrefix(path.Base(file), "fastcgi") })
	return known && !sets(in.config.EffectiveAll(p.Directive.Parent, "fastcgi_param"), "REQUEST_METHOD")
}

// hidden finds the REQUEST_METHOD of an outer level that a level with parameters of its own does not inherit.
func (in *inquiry) hidden(params []*nginx.Directive) *nginx.Directive {
	if len(params) == 0 || params[0].Parent == nil {
		return nil
	}
	for _, d := range in.config.EffectiveAll(params[0].Parent.Parent, "fastcgi_param") {
		if d.Arg(0) == "REQUEST_METHOD" && d.Parent != nil {
			return d
		}
	}
	return nil
}

// sendParams includes the file of parameters where those of a pass stand, and names the script where nothing does.
func (in *inquiry) sendParams(p *nginx.Pass, params []*nginx.Directive) []Remedy {
	anchor := p.Directive
	if len(params) > 0 {
		if own := p.Directive.Parent; params[0].Parent != own && !in.onlyUser(p, params[0].Parent) {
			return nil
		}
		anchor = anchorOf(p.Directive, params)
	}
	edits := []nginx.Edit{in.config.Insert(anchor, "include fastcgi_params;")}
	if !sets(params, "SCRIPT_FILENAME") {
		edits = append(edits, in.config.Insert(anchor, namesScript))
	}
	return in.edit("send what fastcgi_params holds", joinInserts(edits)...)
}

// askedWithout judges by two answers of the backend: to a request as the location sends it, and to a whole one.
func (in *inquiry) askedWithout(p *nginx.Pass, m *remark) {
	for i := range in.probes {
		a := &in.probes[i]
		if a.Target != targetOf(p) || !probed(a, evidence.OK) {
			continue
		}
		switch {
		case a.Exact && a.Status == 200 && a.BodyBytes == 0:
			m.certainty = Proved
			m.evidence = append(m.evidence, fact(fromProbe, "asked with the parameters of the location alone, the backend answered 200 with an empty page"))
		case !a.Exact && a.BodyBytes > 0:
			m.evidence = append(m.evidence, fact(fromProbe, "asked with those of fastcgi_params, it answered %s with %d bytes", status(a.Status), a.BodyBytes))
		}
	}
}

// askParams asks the backend of each such pass what only its answers tell, where no line of the log is about it.
func (in *inquiry) askParams() (all []evidence.Question) {
	for _, p := range in.httpPasses() {
		logged := slices.ContainsFunc(in.groups.list, func(g *group) bool { return g.pass == p })
		if p.Prefix != "fastcgi_" || p.Variable || p.Group != nil || logged || !in.forPHP(p) || !in.withoutMethod(p) {
			continue
		}
		g := &group{pass: p, target: targetOf(p)}
		if in.config.Effective(p.Directive.Parent, "fastcgi_index") == nil {
			g.uri = "/index.php"
		}
		whole := in.question(g, g.target)
		exact := whole
		exact.Exact, exact.Params = true, maps.Clone(whole.Params)
		if !sets(in.config.EffectiveAll(p.Directive.Parent, "fastcgi_param"), "SCRIPT_FILENAME") {
			delete(exact.Params, "SCRIPT_FILENAME") // a guess, for the whole one
		}
		all = append(all, exact, whole)
	}
	return all
}

var _ = registerCheck(check{
	name: "script-filename-missing", cause: "script-not-found", severity: SeverityWarning,
	doc: CheckDoc{
		What:  "php-fpm is not told which script to run: no SCRIPT_FILENAME is set. It answers 404 \"File not found.\"; it is no 502.",
		Mends: "fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name; the file fastcgi_params does not have it, fastcgi.conf and snippets/fastcgi-php.conf do.",
		From:  "php-fpm, init_request_info(): \"Primary script unknown\"; directive fastcgi_param.",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.httpPasses() {
			if p.Prefix != "fastcgi_" || !in.forPHP(p) || !in.withoutScript(p) || in.withoutMethod(p) {
				continue
			}
			found = append(found, remark{at: p.Directive, certainty: Likely, says: "no SCRIPT_FILENAME is sent", decides: "the backend's log: Primary script unknown",
				remedies: in.nameScript(p)})
		}
		return found
	},
})

const namesScript = "fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;"

// withoutScript tells whether a pass surely sends no SCRIPT_FILENAME.
func (in *inquiry) withoutScript(p *nginx.Pass) bool {
	return in.knowsParams(p) && !sets(in.config.EffectiveAll(p.Directive.Parent, "fastcgi_param"), "SCRIPT_FILENAME")
}

// nameScript tells php-fpm the script where the other parameters of a pass stand; nil where there are none, or they serve
// another pass too.
func (in *inquiry) nameScript(p *nginx.Pass) []Remedy {
	params := in.config.EffectiveAll(p.Directive.Parent, "fastcgi_param")
	if len(params) == 0 || params[0].Parent != p.Directive.Parent && !in.onlyUser(p, params[0].Parent) {
		return nil
	}
	return in.edit("name the script", in.config.Insert(anchorOf(p.Directive, params), namesScript))
}

// forPHP tells whether a pass leads to php-fpm, by its location, its socket's name or the process that listens there.
func (in *inquiry) forPHP(p *nginx.Pass) bool {
	l := in.listener(targetOf(p))
	return in.servesPHP(p) || p.Network == "unix" && fpmSocket.MatchString(p.Address) || l != nil && strings.HasPrefix(l.Process, "php-")
}

// targetOf is the address that a pass names.
func targetOf(p *nginx.Pass) evidence.Target {
	return evidence.Target{Protocol: p.Protocol, Network: p.Network, Address: p.Address}
}

// knowsParams tells whether every file that may set parameters at the pass was given.
func (in *inquiry) knowsParams(p *nginx.Pass) bool {
	for _, missing := range in.config.Missing {
		if base := path.Base(missing); strings.HasPrefix(base, "fastcgi") {
			return base == "fastcgi_params" && in.knows(p.Directive.Parent)
		}
	}
	return in.knows(p.Directive.Parent)
}

func sets(params []*nginx.Directive, name string) bool {
	for _, d := range params {
		if d.Arg(0) == name {
			return true
		}
	}
	return false
}

// onlyUser tells whether a level's parameters serve no other pass.
func (in *inquiry) onlyUser(p *nginx.Pass, level *nginx.Directive) bool {
	for _, other := range in.httpPasses() {
		if other != p && other.Prefix == p.Prefix {
			return false
		}
	}
	return level != nil
}

// anchorOf is where to add a parameter: at the pass where the others stand beside it, else
// behind the last of them. One in a file of its own is shared with who knows whom.
func anchorOf(pass *nginx.Directive, params []*nginx.Directive) *nginx.Directive {
	last := params[len(params)-1]
	if last.Parent == pass.Parent {
		return pass
	}
	return last
}
