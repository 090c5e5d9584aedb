package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// withScheme lets the pass of a group speak its protocol with or without TLS.
func (in *inquiry) withScheme(g *group, scheme string) []Remedy {
	if g.pass == nil {
		return nil
	}
	d := g.pass.Directive
	raw := in.config.Text(d.File)[d.Args[0].Start:d.Args[0].End]
	from := g.pass.Protocol + "://"
	if !strings.Contains(raw, from) {
		return nil
	}
	return in.edit(d.Name+" with "+scheme+"://", in.config.ReplaceArg(d, 0, strings.Replace(raw, from, scheme+"://", 1)))
}

// passes are the directives by which a location speaks a protocol, with the parameters that it needs: the
// files are those of nginx's packages, beside nginx.conf.
var passes = map[string]string{
	"http":    "proxy_pass http://{host};\nproxy_set_header Host $host;",
	"https":   "proxy_pass https://{host};\nproxy_set_header Host $host;",
	"fastcgi": "fastcgi_pass {host};\ninclude fastcgi_params;\nfastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;",
	"uwsgi":   "uwsgi_pass {host};\ninclude uwsgi_params;",
	"grpc":    "grpc_pass grpc://{host};",
}

// speak replaces the pass of a group by the one of another protocol, to the same backend.
func (in *inquiry) speak(g *group, protocol string) []Remedy {
	text, ok := passes[protocol]
	if !ok || g.pass == nil || g.pass.Variable || g.pass.URI != "" && g.pass.URI != "/" {
		return nil
	}
	d := g.pass.Directive
	src := in.config.Text(d.File)
	line := src[strings.LastIndexByte(src[:d.Start], '\n')+1 : d.Start]
	if strings.TrimLeft(line, " \t") != "" {
		line = ""
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "{host}", g.pass.Host), "\n", "\n"+line)
	name, _, _ := strings.Cut(text, " ")
	return in.edit(name+" in place of "+d.Name, nginx.Edit{File: d.File, Offset: d.Start, Old: src[d.Start:d.End], New: text})
}

// spokenTongue returns the other protocol in which the backend answered when it was asked in it, with that
// answer. "" where there is none, or the backend answers in the proxy's own protocol too.
func (in *inquiry) spokenTongue(g *group) (protocol string, p *evidence.Probe) {
	if probed(in.probe(g), evidence.OK) && in.probe(g).Status != 0 {
		return "", nil
	}
	for _, protocol := range in.tongues(g) {
		p := in.inTongue(g, protocol)
		if g.target.Protocol == "https" && tlsAnswersPlain(p) {
			continue
		}
		if probed(p, evidence.OK) && p.Status != 0 {
			return protocol, p
		}
	}
	return "", nil
}

// tlsAnswersPlain tells a TLS server that knows HTTP when it hears it: it answers 400 in plain text, as nginx does.
func tlsAnswersPlain(p *evidence.Probe) bool { return probed(p, evidence.OK) && p.Status == 400 }

// addTongue proves by what the backend answers in another protocol, and proposes to speak it.
func (in *inquiry) addTongue(o *opinion, g *group) bool {
	protocol, p := in.spokenTongue(g)
	if p == nil {
		return false
	}
	o.certainty, o.weight = Proved, 3
	o.evidence = append(o.evidence, fact(fromProbe, "asked in %s, the backend answered %s", protocol, status(p.Status)))
	if own := in.probe(g); own != nil {
		o.evidence = append(o.evidence, probeFact(own))
	}
	if bare(g.target.Protocol) == bare(protocol) {
		o.remedies = in.withScheme(g, protocol)
	} else {
		o.remedies = in.speak(g, protocol)
	}
	return true
}

// bare is a protocol without its TLS.
func bare(protocol string) string {
	switch protocol {
	case "https":
		return "http"
	case "grpcs":
		return "grpc"
	}
	return protocol
}

// otherService proves by the greeting of what listens at the configured port, and proposes the port at which the
// request is answered.
func (in *inquiry) otherService(g *group, o *opinion) {
	p := in.probe(g)
	service := greeted(p)
	if service == "" {
		return
	}
	o.certainty, o.weight, o.also = Proved, 3, nil
	o.evidence = append(o.evidence, probeFact(p), fact(fromProbe, "so does %s greet", service))
	if g.pass == nil || g.unix() {
		return
	}
	for _, a := range in.answers(g) {
		if a.sure() {
			port := portIn(a.Address)
			o.evidence = append(o.evidence, fact(fromSocket, "%s listens and no configuration names it", describe(a.Listener)), probeFact(a.probe))
			o.where, o.remedies = in.readdress(g, withPort(g.target.Address, port), port)
			return
		}
	}
}
