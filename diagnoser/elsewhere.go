package diagnoser

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/apache"
	"github.com/badgateway/badgateway/diagnoser/edit"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/haproxy"
	"github.com/badgateway/badgateway/diagnoser/linewise"
)

// readElsewhere reads the configuration of another proxy than nginx.
func (r *Reading) readElsewhere(files []evidence.File) {
	read := apache.ParseConfig
	if r.proxy.Kind == "haproxy" {
		read = haproxy.ParseConfig
	}
	if len(files) == 0 {
		return
	}
	if r.elsewhere, r.configErr = read(files); r.configErr != nil {
		r.elsewhere = nil
	}
}

// peerElsewhere is the line of another proxy's configuration that a group's events lead to, nil without one.
func (r *Reading) peerElsewhere(g *group) *linewise.Peer {
	if r.elsewhere == nil || g.Proxy != r.proxy.Kind {
		return nil
	}
	return r.elsewhere.Peer(g.Server, g.target)
}

// targetElsewhere completes what a log does not say: HAProxy names the server, not its address.
func (r *Reading) targetElsewhere(e evidence.Event) evidence.Event {
	if r.elsewhere == nil || e.Proxy != r.proxy.Kind || e.Upstream != "" {
		return e
	}
	if p := r.elsewhere.Peer(e.Server, evidence.Target{}); p != nil {
		e.Upstream = p.Target.String()
		if p.Network == "unix" {
			e.Upstream += ":"
		}
	}
	return e
}

func (in *inquiry) whereElsewhere(d *linewise.Directive) *Where {
	return &Where{File: d.File, Line: d.Line, Column: in.elsewhere.Column(d), Directive: d.Name}
}

func factElsewhere(d *linewise.Directive, format string, args ...any) Fact {
	f := fact(fromConfig, format, args...)
	f.Ref = fmt.Sprintf("%s:%d", d.File, d.Line)
	return f
}

// placeElsewhere gives a finding its place in another proxy's configuration.
func (in *inquiry) placeElsewhere(f *Finding, g *group) {
	if p := in.peerElsewhere(g); p != nil && f.Where == nil {
		f.Where = in.whereElsewhere(p.At)
		f.Evidence = append(f.Evidence, factElsewhere(p.At, "%s", p.At.Text()))
	}
}

// readdressElsewhere proposes another address where a peer's is written.
func (in *inquiry) readdressElsewhere(g *group, address, short string) (*Where, []Remedy) {
	p := in.peerElsewhere(g)
	if p == nil {
		return nil, nil
	}
	return in.whereElsewhere(p.At), in.editElsewhere("let "+p.At.Name+" point to "+short, in.elsewhere.Readdress(*p, readdressed(p.Text, address)))
}

// waitElsewhere states how long another proxy waits for a group's backend, and returns it.
func (in *inquiry) waitElsewhere(g *group, o *opinion) time.Duration {
	p := in.peerElsewhere(g)
	if p == nil {
		return 0
	}
	limit, d := in.elsewhere.Wait(*p, g.Phase)
	if d != nil {
		o.evidence = append(o.evidence, factElsewhere(d, "%s", d.Text()))
	}
	return limit
}

// longerElsewhere proposes twice the time that a backend needs.
func (in *inquiry) longerElsewhere(g *group, needed time.Duration) []Remedy {
	p := in.peerElsewhere(g)
	if p == nil {
		return nil
	}
	list := in.editElsewhere("wait twice as long as the backend needs", in.elsewhere.Longer(*p, g.Phase, 2*needed))
	for i := range list {
		list[i].Mitigation = true
	}
	return list
}

// editElsewhere makes a remedy of changes to another proxy's configuration, nil where they may not be proposed.
func (in *inquiry) editElsewhere(summary string, edits []edit.Edit) []Remedy {
	edits = edit.Sort(edits)
	if len(edits) == 0 || in.elsewhere.Check(edits) != nil {
		return nil
	}
	diff, err := edit.Diff(in.elsewhere.Files, edits)
	if err != nil {
		return nil
	}
	r := Remedy{Action: EditConfig, Summary: summary, Diff: strings.TrimSuffix(diff, "\n"), Commands: []string{"apachectl configtest", "apachectl graceful"}}
	if in.proxy.Kind == "haproxy" {
		r.Commands = []string{"haproxy -c -f " + edits[0].File, "systemctl reload haproxy"}
	}
	for _, e := range edits {
		r.Edits = append(r.Edits, Edit(e))
	}
	return []Remedy{r}
}

var (
	apacheLine  = regexp.MustCompile(`(?mi)^\s*(?:<(?:VirtualHost|Location|LocationMatch|Proxy|IfModule|Directory)\b|ProxyPass(?:Match|Reverse)?\s|BalancerMember\s|LoadModule\s|DocumentRoot\s|ServerRoot\s)`)
	haproxyLine = regexp.MustCompile(`(?m)^(?:global|defaults|(?:frontend|backend|listen)\s+\S+)[ \t]*(?:#.*)?\r?$|^\s+(?:server\s+\S+\s+\S+:\d+|default_backend\s+\S+|timeout\s+(?:connect|client|server)\s)`)
	nginxLine   = regexp.MustCompile(`(?m)^[^#\n]*(?:\{\s*$|;\s*(?:#.*)?\r?$)`)
)

// ConfigKind tells whose configuration a text is: "nginx", "apache" or "haproxy", by
// the lines that only one of them has. nginx where nothing tells.
func ConfigKind(text string) string {
	switch {
	case nginxLine.MatchString(text) && !apacheLine.MatchString(text):
		return "nginx"
	case apacheLine.MatchString(text):
		return "apache"
	case haproxyLine.MatchString(text):
		return "haproxy"
	}
	return "nginx"
}
