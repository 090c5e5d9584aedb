package diagnoser

import (
	"regexp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "default-config-leftover",
	doc: Doc{
		What:    "The distribution's sample site or backend is still active, and requests fall into it: HAProxy's app1 to app4 on 127.0.0.1:5001 and following, nginx's welcome server, a tutorial's upstream php.",
		Confirm: "nginx -T | grep -n server_name, or haproxy.cfg: the server that answers is not the one you wrote.",
		Mends:   "Remove the sample (rm /etc/nginx/sites-enabled/default; the sample frontend and backends of haproxy.cfg), and reload.",
		Hides:   "A server on the sample's port.",
		Source:  "haproxy.cfg of the Red Hat family; conf.d/default.conf of nginx's packages",
	},
	judge: func(in *inquiry, g *group) *opinion {
		sample := sampleServer(g)
		if sample == "" || g.Phase != evidence.Connecting && g.Outcome != evidence.NoneLive {
			return nil
		}
		return &opinion{certainty: Likely, weight: 4, check: "which frontend or server took the request?", evidence: []Fact{
			fact(fromLog, "%s", sample)}}
	},
})

var haproxySample = regexp.MustCompile(`^(?:app(?:/app[1-4])?|static(?:/static)?)$`)

// sampleServer recognises what samples call their backends, "" where it is none.
func sampleServer(g *group) string {
	switch {
	case g.Signature == "health check" || g.Signature == "haproxy" || g.Signature == "connect" && g.target.Address == "":
		if haproxySample.MatchString(g.Server) {
			return g.Server + " is the sample backend of HAProxy's package"
		}
	case g.target.Address == "/tmp/php-cgi.socket", strings.HasPrefix(g.target.Address, "127.0.0.1:433") && strings.HasSuffix(g.target.Address, "1"):
		return g.target.Address + " is the address of a sample"
	}
	return ""
}
