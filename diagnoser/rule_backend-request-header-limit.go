package diagnoser

import (
	"regexp"
	"strconv"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "backend-request-header-limit",
	doc: Doc{
		What:    "The request's header is larger than the backend takes: uWSGI's buffer-size is 4096 bytes by default, and long cookies or tokens pass it. It closes the connection without an answer.",
		Confirm: "uWSGI logs: invalid request block size: N (max 4096)...skip. The request succeeds without its cookies.",
		Mends:   "buffer-size = 32768 in uWSGI's configuration (--max-http-header-size for Node.js, --limit-request-field_size for gunicorn); smaller cookies.",
		Hides:   "Clearing one browser's cookies. The proxy's buffers are for responses and change nothing.",
		Source:  "uWSGI, buffer-size; Node.js, --max-http-header-size",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !g.died() {
			return nil
		}
		o := in.hinted("backend-request-header-limit", "the backend's log: invalid request block size")
		if o == nil {
			return nil
		}
		if p := in.probe(g); probed(p, evidence.OK) {
			o.evidence = append(o.evidence, probeFact(p), fact(fromProbe, "it was asked without the client's cookies and other header lines"))
		}
		return o.mends(in.largerBlock(g)...)
	},
})

// refusedBlock is what uWSGI says of a request that does not fit: its size and the limit (proto/uwsgi.c).
var refusedBlock = regexp.MustCompile(`invalid request block size: (\d+) \(max (\d+)\)`)

// largerBlock proposes a buffer-size that holds the refused request and some more. It is a number of 16 bits.
func (in *inquiry) largerBlock(g *group) []Remedy {
	s := in.seen["backend-request-header-limit"]
	if s == nil {
		return nil
	}
	m := refusedBlock.FindStringSubmatch(s.text)
	if m == nil {
		return nil
	}
	size, _ := strconv.Atoi(m[1])
	value := strconv.Itoa(min(powerAbove(2*size), 65535))
	return []Remedy{change(g, "buffer-size", value, "let uWSGI take requests of up to "+value+" bytes of variables: this one has "+m[1],
		"buffer-size = "+value+" # in uWSGI's configuration", "systemctl restart APP")}
}
