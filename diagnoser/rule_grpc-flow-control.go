package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "grpc-flow-control",
	doc: Doc{
		What: "The gRPC backend takes the connection and no more of the request: its HTTP/2 window for the request's body stays closed, because the service does " +
			"not read the stream, or waits for something else first. The proxy's send timer ends the attempt.",
		Confirm: "Small messages pass and large or streamed ones stall; GRPC_TRACE=flowctl on the backend shows a window of 0.",
		Mends:   "A service that reads the stream as it comes; a larger initial window in the backend for large messages.",
		Hides:   "A longer grpc_send_timeout.",
		Source:  "RFC 9113 section 5.2; ngx_http_grpc_body_output_filter",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !g.is(evidence.Sending, evidence.TimedOut) || !g.Timer || !strings.HasPrefix(g.target.Protocol, "grpc") || in.probe(g) != nil {
			return nil
		}
		return &opinion{certainty: Possible, weight: 1, check: "GRPC_TRACE=flowctl GRPC_VERBOSITY=debug on the backend", evidence: []Fact{
			fact(fromLog, "the backend took the connection, but not the whole request")}}
	},
})
