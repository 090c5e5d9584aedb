package diagnoser

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// edgeTimeout is how long Cloudflare waits for a response (its error 524), unless an
// enterprise plan says otherwise.
const edgeTimeout = 120 * time.Second

var _ = registerCheck(check{
	name: "timeout-above-edge", cause: "read-timeout", severity: SeverityNote,
	doc: CheckDoc{
		What: "The proxy waits longer for the backend than Cloudflare in front of it waits for the proxy (120s): the client gets 524 from there, and this log shows a client that " +
			"went away (499) instead of a 504. Reported where the configuration takes the client's address from CF-Connecting-IP, or hands on what Cloudflare adds.",
		Mends: "A read timeout below that of what is in front: then this proxy's 504 and its log tell where the time went.",
		From:  "ngx_http_upstream_check_broken_connection(): 499 when the client goes first; directive proxy_read_timeout.",
	},
	look: func(in *inquiry) (found []remark) {
		seen := map[*nginx.Directive]bool{}
		for _, p := range in.httpPasses() {
			edge := in.behindCloudflare(p)
			if edge == nil {
				continue
			}
			limit, d := in.timeout(p, "read_timeout")
			if d == nil || limit <= edgeTimeout || seen[d] {
				continue
			}
			seen[d] = true
			found = append(found, remark{at: d, certainty: Likely, says: fmt.Sprintf("%s is %s, and Cloudflare in front gives up after %s", d.Name, d.Arg(0), edgeTimeout),
				evidence: []Fact{in.configFact(edge, "%s", edge.Text())}, decides: "the access log: 499 after 120 s, or the client's 524"})
		}
		return found
	},
})

// behindCloudflare returns the directive that reads a header which Cloudflare adds to requests, nil without one.
func (in *inquiry) behindCloudflare(p *nginx.Pass) *nginx.Directive {
	d := in.config.Effective(p.Directive.Parent, "real_ip_header")
	if d != nil && strings.EqualFold(d.Arg(0), "CF-Connecting-IP") {
		return d
	}
	for _, name := range []string{"proxy_set_header", "grpc_set_header", "fastcgi_param", "uwsgi_param"} {
		for _, d := range in.config.EffectiveAll(p.Directive.Parent, name) {
			if v := d.Arg(1); strings.Contains(v, "$http_cf_connecting_ip") || strings.Contains(v, "$http_cf_ray") {
				return d
			}
		}
	}
	return nil
}

var _ = registerCheck(check{
	name: "worker-killed-before-timeout", cause: "worker-timeout", severity: SeverityNote,
	doc: CheckDoc{
		What: "The application server ends its worker before the proxy's read timeout: a slow request is a 502 (closed early, reset) where a 504 is expected. Reported where the " +
			"server's command line (gunicorn --timeout, uwsgi --harakiri) or the pool's file (request_terminate_timeout) tells.",
		Mends: "The order that is meant: the server's limit above the proxy's, for a 504 that names the slow backend.",
		From:  "gunicorn's --timeout, uWSGI's harakiri, php-fpm's request_terminate_timeout; directive proxy_read_timeout.",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.peers() {
			limit, d := in.timeout(p.pass, "read_timeout")
			kill, says := in.killedAfter(p)
			if kill == 0 || kill >= limit {
				continue
			}
			at := p.pass.Directive
			if d != nil {
				at = d
			}
			found = append(found, remark{at: at, certainty: Likely, upstream: p.target().String(), evidence: []Fact{says},
				says: fmt.Sprintf("the proxy waits %s, and the backend ends its worker after %s: a 502 instead of a 504", round(limit), round(kill))})
		}
		return found
	},
})

var killer = regexp.MustCompile(`(?:gunicorn.*(?:--timeout|-t)|uwsgi.*--harakiri)[ =](\d+)`)

// killedAfter is the time after which a backend ends a worker, 0 where nothing tells.
func (in *inquiry) killedAfter(p peer) (time.Duration, Fact) {
	if pool := in.poolAt(p.address); pool != nil && pool.Terminate > 0 {
		return pool.Terminate, poolFact(pool, "request_terminate_timeout", round(pool.Terminate))
	}
	l := in.listener(p.target())
	if l == nil || in.host == nil {
		return 0, Fact{}
	}
	for _, process := range in.host.Processes {
		if m := killer.FindStringSubmatch(process.Command); m != nil && process.PID == l.PID {
			seconds, _ := strconv.Atoi(m[1])
			return time.Duration(seconds) * time.Second, fact(fromProcess, "pid %d: %s", process.PID, process.Command)
		}
	}
	return 0, Fact{}
}

var _ = registerCheck(check{
	name: "connect-timeout-above-kernel", cause: "connect-timeout-unreachable", severity: SeverityNote,
	doc: CheckDoc{
		What: "The connect timeout is above 75s. A server that is gone is then waited for longer than any client waits, before the next one is tried; and the kernel may give up first " +
			"(110), which is a 502 in place of a 504.",
		Mends: "A few seconds: a backend that is there accepts within milliseconds.",
		From:  "directive proxy_connect_timeout: \"this timeout cannot usually exceed 75 seconds\"; tcp(7), tcp_syn_retries.",
	},
	look: func(in *inquiry) (found []remark) {
		seen := map[*nginx.Directive]bool{}
		for _, p := range in.httpPasses() {
			limit, d := in.timeout(p, "connect_timeout")
			if d == nil || limit <= 75*time.Second || seen[d] || !overTCP(p) {
				continue
			}
			seen[d] = true
			found = append(found, remark{at: d, certainty: Likely, says: d.Name + " is " + d.Arg(0) + ", which hides a server that is gone",
				remedies: in.edit("give up sooner", in.config.ReplaceArgs(d, "5s"))})
		}
		return found
	},
})

// overTCP tells whether a pass can lead to another host: a socket refuses or accepts at once.
func overTCP(p *nginx.Pass) bool {
	if p.Group == nil {
		return p.Network != "unix"
	}
	return slices.ContainsFunc(p.Group.Servers, func(s nginx.Server) bool { return s.Network == "tcp" })
}
