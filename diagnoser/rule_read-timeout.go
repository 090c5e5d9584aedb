package diagnoser

import (
	"fmt"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = register(rule{
	cause: "read-timeout",
	doc: Doc{
		What: "The backend needs longer for this request than the proxy waits. Until the response header is complete one timer runs, started when the request " +
			"was sent; afterwards it starts again at every read, and its end cuts the response short.",
		Confirm: "time curl of the same request past the proxy: it is answered, later than *_read_timeout (60s by default). The directive must be that of the *_pass in use: " +
			"proxy_read_timeout means nothing to fastcgi_pass.",
		Mends:  "A faster endpoint, or work done in the background with the answer at once.",
		Hides:  "A longer *_read_timeout, which is right for a request that may take long, and only there.",
		Source: "ngx_http_upstream_process_header, ngx_event_pipe; proxy_read_timeout",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Outcome != evidence.TimedOut || !g.Timer {
			return nil
		}
		switch g.Phase {
		case evidence.ReadingHeader:
			return lateHeader(in, g)
		case evidence.ReadingBody, evidence.Upgraded:
			return &opinion{certainty: Likely, check: "curl -N past the proxy: are there pauses?", evidence: []Fact{
				fact(fromLog, "the response had begun: the backend then paused longer than the read timeout")}}
		}
		return nil
	},
})

func lateHeader(in *inquiry, g *group) *opinion {
	o := &opinion{certainty: Likely, also: []Alternative{
		{"app-dependency-down", "the application may wait for a database or a remote API", "its own log; a stack dump of a busy worker"},
		{"worker-pool-exhausted", "the request may have waited for a free worker", "ss -ltn: Recv-Q above 0; the backend's log"},
		{"app-hang", "the application may never answer", "curl -m 300 the same request past the proxy"},
	}, check: "curl -o /dev/null -w '%{time_starttransfer}\\n' past the proxy"}
	var limit time.Duration
	if g.pass != nil {
		limit = in.timeoutFacts(g.pass, "read_timeout", o)
	} else {
		limit = in.waitElsewhere(g, o)
	}
	slow := in.hinted("read-timeout", "")
	if slow != nil {
		o.evidence = append(o.evidence, slow.evidence...)
	}
	p := in.probe(g)
	switch {
	case p == nil && slow != nil: // it works on such requests: it does not hang
		o.weight = 1
	case p == nil:
	case p.Outcome == evidence.OK && limit > 0 && p.HeaderAfter > limit:
		o.certainty, o.also = Proved, nil
		o.evidence = append(o.evidence, probeFact(p))
		if o.remedies = in.longerElsewhere(g, p.HeaderAfter); g.pass != nil {
			o.remedies = in.longer(g.pass, "read_timeout", p.HeaderAfter)
		}
	default:
		o.certainty = Possible
		o.against = append(o.against, probeFact(p))
	}
	in.repeated(g, o)
	return o
}

// timeoutFacts states which timeout holds, where it is set, and which directive of
// another *_pass has no effect here.
func (in *inquiry) timeoutFacts(p *nginx.Pass, name string, o *opinion) time.Duration {
	limit, d := in.timeout(p, name)
	if d != nil {
		o.evidence = append(o.evidence, in.configFact(d, "%s is %s", d.Name, d.Value()))
	} else {
		o.evidence = append(o.evidence, in.configFact(p.Directive, "%s%s is not set: 60s", p.Prefix, name))
	}
	for _, prefix := range []string{"proxy_", "fastcgi_", "uwsgi_", "scgi_", "grpc_"} {
		other := in.config.Effective(p.Directive.Parent, prefix+name)
		if prefix != p.Prefix && other != nil {
			o.evidence = append(o.evidence, in.configFact(other, "%s has no effect here: the request leaves through %s", other.Name, p.Directive.Name))
		}
	}
	return limit
}

// longer proposes a timeout of twice the time needed, in whole seconds.
func (in *inquiry) longer(p *nginx.Pass, name string, needed time.Duration) []Remedy {
	value := nginx.FormatDuration((2*needed + time.Second - 1).Truncate(time.Second))
	summary := fmt.Sprintf("let %s%s be %s, twice what the backend needs", p.Prefix, name, value)
	list := in.edit(summary, in.config.Set(p.Place(), p.Directive, p.Prefix+name, value))
	for i := range list {
		list[i].Mitigation = true
	}
	return list
}
