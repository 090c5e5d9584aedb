package diagnoser

import "strings"

var _ = register(rule{
	cause: "rate-limit",
	doc: Doc{
		What:    "limit_req or limit_conn refused the request: 503 without an upstream.",
		Confirm: "The log says limiting requests, or limiting connections, by which zone.",
		Mends:   "burst and nodelay that fit; limit_req_status 429 to tell it from a failure.",
		Hides:   "A higher rate for everybody.",
		Source:  "ngx_http_limit_req_handler, ngx_http_limit_conn_handler",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Signature != "limit" || !strings.HasPrefix(g.Message, "limiting ") || strings.Contains(g.Message, ", dry run") {
			return nil
		}
		return &opinion{certainty: Likely, check: "grep -rn 'limit_req\\|limit_conn' /etc/nginx; the access log's status of these requests"}
	},
})
