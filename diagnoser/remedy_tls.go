package diagnoser

import (
	"net"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// shown is what a direct handshake with a group's backend showed, nil where there was none.
func (in *inquiry) shown(g *group) *evidence.TLS {
	if p := in.probe(g); p != nil {
		return p.TLS
	}
	return nil
}

// ssl returns the directive of the pass's own family that holds for it: proxy_ssl_NAME.
func (in *inquiry) ssl(p *nginx.Pass, name string) *nginx.Directive {
	return in.config.Effective(p.Directive.Parent, p.Prefix+"ssl_"+name)
}

// setSSL sets directives of that family where the request is passed on: name, value, name, value.
func (in *inquiry) setSSL(p *nginx.Pass, pairs ...string) (edits []nginx.Edit) {
	var missing []string
	for i := 0; i+1 < len(pairs); i += 2 {
		name := p.Prefix + "ssl_" + pairs[i]
		if own := p.Place().Child(name); own != nil {
			edits = append(edits, in.config.ReplaceArgs(own, pairs[i+1]))
		} else {
			missing = append(missing, name+" "+pairs[i+1]+";")
		}
	}
	if len(missing) == 0 {
		return edits
	}
	line := in.config.Text(p.Directive.File)[:p.Directive.Start]
	indent := line[strings.LastIndexByte(line, '\n')+1:]
	if strings.TrimLeft(indent, " \t") != "" {
		indent = ""
	}
	return append(edits, in.config.Insert(p.Directive, strings.Join(missing, "\n"+indent)))
}

// certified chooses the name of a certificate that a proxy should ask for: the client's Host where it is among
// them, else the first that is a plain DNS name.
func certified(t *evidence.TLS, host string) string {
	if slices.Contains(t.Names, host) {
		return host
	}
	for _, n := range t.Names {
		if net.ParseIP(n) == nil && !strings.Contains(n, "*") {
			return n
		}
	}
	return ""
}

// noCommonVersion judges a handshake that ends because no version of TLS is left that both sides speak.
func (in *inquiry) noCommonVersion(g *group) *opinion {
	if g.Signature != "tls handshake" || !strings.Contains(tlsMeaning(g.Message), "TLS version") {
		return nil
	}
	o := &opinion{certainty: Likely, weight: 2, check: "openssl s_client -connect " + g.target.Address + " -tls1_2, and -tls1_3",
		evidence: []Fact{fact(fromLog, "%s", tlsMeaning(g.Message))}}
	t := in.shown(g)
	if t == nil || g.pass == nil {
		return o
	}
	o.evidence = append(o.evidence, fact(fromProbe, "a direct handshake agreed on %s", t.Version))
	d := in.ssl(g.pass, "protocols")
	if d == nil || slices.Contains(strings.Fields(d.Value()), t.Version) {
		return o
	}
	o.certainty, o.where = Proved, in.where(d)
	o.evidence = append(o.evidence, in.configFact(d, "%s allows %s only", d.Name, d.Value()))
	o.remedies = in.edit("allow "+t.Version+" towards the backend", in.config.AppendArg(d, t.Version))
	return o
}

// badCertificate fills an opinion in on a certificate that did not stand up, by the number of the
// verification's error (OpenSSL, x509_vfy.h) and by what the backend shows.
func (in *inquiry) badCertificate(g *group, o *opinion) {
	t := in.shown(g)
	if t != nil {
		o.evidence = append(o.evidence, fact(fromProbe, "the backend shows a certificate of %s by %s for %s, valid from %s to %s", t.Subject, t.Issuer,
			strings.Join(t.Names, ", "), t.NotBefore.Format("2006-01-02"), t.NotAfter.Format("2006-01-02")))
	}
	switch {
	case strings.Contains(g.Message, "does not match"):
		in.otherName(g, o, t)
	case strings.Contains(g.Message, "(10:"), strings.Contains(g.Message, "(9:"):
		if t != nil {
			o.certainty = Proved
		}
		o.remedies = []Remedy{g.change("certificate", "", "renew the backend's certificate and load it",
			"openssl s_client -connect "+g.target.Address+" </dev/null | openssl x509 -noout -dates", "certbot renew --force-renewal # or as it was made", "systemctl reload APP; docker restart CONTAINER")}
	case g.pass != nil:
		in.otherAuthority(g, o, t)
	}
}

// otherName proposes the name that is in the backend's certificate.
func (in *inquiry) otherName(g *group, o *opinion, t *evidence.TLS) {
	if t == nil || g.pass == nil {
		return
	}
	name := certified(t, g.Host)
	if name == "" {
		return
	}
	o.certainty = Proved
	if d := in.ssl(g.pass, "name"); d != nil {
		o.where = in.where(d)
		o.evidence = append(o.evidence, in.configFact(d, "%s is %s", d.Name, d.Value()))
	}
	o.remedies = in.edit("compare the name that is in the certificate: "+name, in.setSSL(g.pass, "name", name)...)
}

// otherAuthority proposes the authorities that another location trusts, which passes to the backend as well.
func (in *inquiry) otherAuthority(g *group, o *opinion, t *evidence.TLS) {
	own, other := in.ssl(g.pass, "trusted_certificate"), in.sibling(g.pass, "ssl_trusted_certificate")
	if own != nil {
		o.where = in.where(own)
		o.evidence = append(o.evidence, in.configFact(own, "%s is %s", own.Name, own.Value()))
	}
	if other != nil {
		o.evidence = append(o.evidence, in.configFact(other, "another location trusts %s", other.Value()))
		o.remedies = in.edit("trust the authorities in "+other.Value(), in.setSSL(g.pass, "trusted_certificate", other.Value())...)
		return
	}
	if t != nil && t.Chain == 1 && t.Subject != t.Issuer && (strings.Contains(g.Message, "(21:") || strings.Contains(g.Message, "(20:")) {
		o.evidence = append(o.evidence, fact(fromProbe, "it sends one certificate alone, without the one that signed it"))
	}
}

// clientCertificate proposes the certificate that another location shows to the backend.
func (in *inquiry) clientCertificate(g *group, o *opinion) {
	if p := in.probe(g); p != nil && strings.Contains(p.Note, "certificate required") {
		o.certainty = Proved
		o.evidence = append(o.evidence, probeFact(p))
	}
	if g.pass == nil || in.ssl(g.pass, "certificate") != nil {
		return
	}
	o.evidence = append(o.evidence, in.configFact(g.pass.Directive, "no %sssl_certificate holds for this location", g.pass.Prefix))
	cert, key := in.sibling(g.pass, "ssl_certificate"), in.sibling(g.pass, "ssl_certificate_key")
	if cert == nil || key == nil {
		return
	}
	if o.certainty == Possible {
		o.certainty = Likely
	}
	o.evidence = append(o.evidence, in.configFact(cert, "another location shows %s", cert.Value()))
	o.remedies = in.edit("show the certificate that the other location shows", in.setSSL(g.pass, "certificate", cert.Value(), "certificate_key", key.Value())...)
}
