package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

var _ = register(rule{
	cause: "network-device-drops",
	doc: Doc{
		What: "A device between proxy and backend, a load balancer, a NAT gateway, a firewall that keeps state, ends or forgets connections that are idle or last too long " +
			"(AWS NLB 350 s, Azure 4 min), or drops large packets. The backend knows nothing of it.",
		Confirm: "The time from connect to error is constant and nobody's timeout; tcpdump on both hosts: a reset that the other did not send, or packets that never arrive. tracepath for the packet size.",
		Mends:   "proxy_socket_keepalive on with a short net.ipv4.tcp_keepalive_time; keepalive_timeout below the device's; the device's own limit; a smaller MTU or MSS.",
		Hides:   "proxy_next_upstream tries again on a fresh connection.",
		Source:  "RFC 5382 REQ-5, RFC 1122 section 4.2.3.6; ngx_http_proxy_module, proxy_socket_keepalive",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.is(evidence.Connecting, evidence.Reset) {
			return &opinion{certainty: Possible, check: "tcpdump on both hosts: who sent the reset?", evidence: []Fact{
				fact(fromLog, "the connection was made and reset before it was used: by what stands between, a service's balancer or a mesh, or by a backend with a full queue")},
				also: []Alternative{{"backend-connection-reset", "the backend may accept and reset at once", "its log"},
					{"backlog-full", "with tcp_abort_on_overflow a full accept queue resets", "nstat -az TcpExtListenOverflows"}}}
		}
		if g.Signature != "recv" || g.Errno != 110 || g.Timer || in.proxy.Kind == "apache" { // whose own timer is 110 too
			return nil
		}
		// The kernel gave a standing connection up: its packets went unanswered.
		return &opinion{certainty: Likely, weight: 1, check: "tcpdump on both hosts", evidence: []Fact{
			fact(fromLog, "the kernel gave a standing connection up: nothing that it sent was acknowledged")}}
	},
})
