package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

var _ = register(rule{
	cause: "invalid-response-framing",
	doc: Doc{
		What:    "The backend's response breaks the framing of its protocol: a wrong chunk size, records or frames out of order. What the client has got by then is cut short.",
		Confirm: "curl -v past the proxy complains too; a capture of the backend's bytes.",
		Mends:   "The application or its server: often two layers that both chunk, or a length counted in characters.",
		Hides:   "proxy_buffering changes when it shows, not whether.",
		Source:  "ngx_http_parse_chunked; RFC 9112 section 7.1",
	},
	judge: func(in *inquiry, g *group) *opinion {
		switch g.Signature {
		case "bad chunk", "fastcgi framing", "fastcgi length", "http2 protocol", "http2 body", "memcached", "too big trailers":
			o := &opinion{certainty: Likely, check: "curl -v past the proxy"}
			in.wrongResponse(g, o, "a body in the framing that its header announces: one layer that makes chunks, not two", evidence.Invalid)
			return o
		}
		return nil
	},
})
