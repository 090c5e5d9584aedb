package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

var _ = register(rule{
	cause: "connect-timeout-unreachable",
	doc: Doc{
		What: "Nobody answers the proxy's connection attempt: packets are dropped, the host is gone, or its accept queue is full. " +
			"upstream timed out while connecting is the proxy's timer and gives 504; connect() failed (110) is the kernel's and gives 502.",
		Confirm: "ping and curl from the proxy's host; tcpdump on both sides tells where the SYN is lost; nstat -az TcpExtListenDrops on the backend's host counts a full queue.",
		Mends:   "Whatever loses the packets: security group, firewall, route, a machine that is down, an address that is no longer the backend's.",
		Hides:   "A longer proxy_connect_timeout. A short one lets proxy_next_upstream try another server sooner.",
		Source:  "ngx_http_upstream_connect, proxy_connect_timeout; tcp(7), tcp_syn_retries",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !g.is(evidence.Connecting, evidence.TimedOut) || !g.notUnix() {
			return nil
		}
		o := &opinion{certainty: Possible, weight: 1, why: "something else may lose the packets", check: "curl -m 5 http://" + g.target.Address + "/ from the proxy's host", also: []Alternative{
			{"firewall-drop", "a filter that drops is silent", "nft list ruleset on both hosts"},
			{"wrong-host", "the address may be another machine's, or nobody's", "is it the backend's? ip addr there"},
			{"stale-upstream-ip", "the address may have moved on", "getent hosts NAME against the address in the log"},
			{"backlog-full", "a full accept queue is silent on TCP", "ss -ltn: Recv-Q above Send-Q"},
		}}
		p := in.probe(g)
		if p != nil {
			addProbe(o, p, evidence.TimedOut)
		}
		if probed(p, evidence.TimedOut) && p.Phase == evidence.Connecting {
			o.certainty = Likely
		}
		return o
	},
})
