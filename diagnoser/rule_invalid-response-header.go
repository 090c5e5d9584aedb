package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "invalid-response-header",
	doc: Doc{
		What:    "The backend sends a header that HTTP forbids: a control byte in a name or value, two different lengths, Content-Length together with Transfer-Encoding (refused since nginx 1.23), a status that is no number.",
		Confirm: "curl -s -D - -o /dev/null past the proxy | cat -A shows the line that the log quotes.",
		Mends:   "The application, or the middleware that adds the line.",
		Hides:   "An older nginx forwards some of it to the client as it is. Buffers and timeouts change nothing.",
		Source:  "ngx_http_proxy_process_header; RFC 9112 section 6.3",
	},
	judge: func(in *inquiry, g *group) *opinion {
		switch g.Signature {
		case "invalid header", "duplicate header", "two lengths", "bad transfer encoding", "bad length", "invalid status", "early hints", "http2 header":
			o := &opinion{certainty: Likely, check: "curl -s -D - -o /dev/null past the proxy | cat -A"}
			if in.proxy.Kind == "haproxy" { // one flag for both
				o.also = []Alternative{{"invalid-response-framing", "the body's chunks may be what is invalid", "show errors on the statistics socket"},
					{"proxy-bug", "HAProxy may take a sound response for invalid", "the same response past the proxy; another version"}}
			}
			in.wrongResponse(g, o, wrongHeader[g.Signature], evidence.Invalid)
			return o
		case "not http":
			if p := in.probe(g); p == nil || !strings.HasPrefix(p.Note, `status line "HTTP/`) {
				return nil
			}
			o := &opinion{weight: 2, check: "curl --http0.9 -i past the proxy | head -1"}
			in.wrongResponse(g, o, wrongHeader[g.Signature], evidence.Invalid)
			return o
		}
		return nil
	},
})
