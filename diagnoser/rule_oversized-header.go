package diagnoser

import (
	"fmt"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "oversized-header",
	doc: Doc{
		What: "The backend's whole response header, status line and all fields, must fit into one buffer of the proxy (proxy_buffer_size, one page by default). " +
			"With FastCGI the record headers and what the application wrote to stderr before it fill the same buffer.",
		Confirm: "curl -s -D - -o /dev/null past the proxy | wc -c is above the buffer's size. Large cookies, tokens and policies are the usual content.",
		Mends: "A smaller header: fewer and shorter cookies. Or larger buffers, three directives that must fit one another: proxy_buffer_size, proxy_buffers, " +
			"proxy_busy_buffers_size.",
		Hides:  "Timeouts and client-side limits (large_client_header_buffers is for the request) change nothing.",
		Source: "ngx_http_upstream_process_header: the buffer is full and the header not complete",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Outcome != evidence.TooBig || g.Phase != evidence.ReadingHeader {
			return nil
		}
		o := &opinion{certainty: Likely, check: "curl -s -D - -o /dev/null past the proxy | wc -c"}
		stderrFacts(in, g, o)
		if g.pass == nil {
			return o
		}
		b := in.buffersOf(g.pass)
		o.evidence = append(o.evidence, b.fact)
		need, p := 4*b.size, in.probe(g)
		if probed(p, evidence.OK) && p.HeaderBytes > 0 {
			o.evidence = append(o.evidence, fact(fromProbe, "the backend's response header takes %d bytes", p.HeaderBytes))
			if p.HeaderBytes > b.size {
				o.certainty, need = Proved, p.HeaderBytes
			}
		}
		size := powerAbove(max(need, 2*b.size))
		o.remedies = in.edit(fmt.Sprintf("buffers for a response header of up to %d KiB", size>>10), in.largerBuffers(g.pass, b, size)...)
		return o
	},
})

// stderrFacts says that the application's stderr shares the buffer, where it wrote
// to it on the same connections.
func stderrFacts(in *inquiry, g *group, o *opinion) {
	for _, n := range in.groups.list {
		if n.Signature != "fastcgi stderr" {
			continue
		}
		for conn := range n.conns {
			if g.conns[conn] {
				o.evidence = append(o.evidence, logFact(n), fact(fromLog, "what the application writes to stderr before its header fills the same buffer"))
				return
			}
		}
	}
}
