package diagnoser

var _ = register(rule{
	cause: "grpc-stream-cancelled",
	doc: Doc{
		What:    "The HTTP/2 backend resets the stream or says goodbye with an error code: 2 internal error, 7 refused, 8 cancelled, 11 too many requests.",
		Confirm: "The number in the message; the backend's log; a deadline in the client.",
		Mends:   "What the code says.",
		Hides:   "grpc_next_upstream repeats the call, perhaps after it was carried out.",
		Source:  "RFC 9113 section 7; ngx_http_grpc_process_header",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Signature != "http2 stream error" && g.Signature != "closed stream" {
			return nil
		}
		var remedies []Remedy
		if g.known() {
			remedies = []Remedy{g.change("", "", streamAdvice(g), "the backend's log at that second", "grpcurl -v past the proxy")}
		}
		return &opinion{certainty: Likely, weight: 1, remedies: remedies, check: "the backend's log", also: []Alternative{
			{"protocol-mismatch", "the backend may speak HTTP/2 but not gRPC, or another version of either", "grpcurl or curl --http2-prior-knowledge past the proxy"}}}
	},
})

// streamAdvice says what the backend must do otherwise, by the error code (RFC 9113, section 7).
func streamAdvice(g *group) string {
	code, _ := lastNumber(g.Message)
	switch code {
	case 7:
		return "let the backend take the streams that it refuses: more of them at a time, or more instances"
	case 8:
		return "let the backend finish its calls: a deadline or a cancelled context ends them"
	case 11:
		return "raise the backend's limit on requests or pings of one connection"
	}
	return "mend the handler in which the backend gave the stream up"
}
