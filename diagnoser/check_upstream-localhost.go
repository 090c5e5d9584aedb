package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

var _ = registerCheck(check{
	name: "upstream-localhost", cause: "localhost-dual-stack", severity: SeverityWarning,
	doc: CheckDoc{
		What: "The upstream is named localhost, which most hosts resolve to 127.0.0.1 and ::1. nginx makes a group of two servers of it; where the backend listens on one " +
			"of them only, every second attempt fails, and after one timeout both are marked failed: \"no live upstreams\".",
		Mends: "Write the address on which the backend listens, 127.0.0.1 or [::1].",
		From:  "ngx_inet_resolve_host() takes all addresses of a name; ngx_http_upstream_init_round_robin() makes a peer of each.",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.peers() {
			if p.host() != "localhost" {
				continue
			}
			m := remark{at: p.at, certainty: Possible, says: "localhost is ::1 as well as 127.0.0.1: two servers to nginx, of which one may be nobody's",
				upstream: p.target().String(), decides: "getent ahosts localhost; ss -ltn 'sport = :" + p.port() + "'"}
			address := "127.0.0.1"
			four := evidence.Target{Protocol: p.pass.Protocol, Network: "tcp", Address: "127.0.0.1:" + p.port()}
			six := evidence.Target{Protocol: p.pass.Protocol, Network: "tcp", Address: "[::1]:" + p.port()}
			if in.sees("tcp listeners") {
				l4, l6 := in.listener(four), in.listener(six)
				switch {
				case l4 != nil && l6 != nil:
					continue
				case l4 != nil:
					m.certainty, m.evidence = Likely, []Fact{fact(fromSocket, "%s listens, and nothing on %s", describe(*l4), six.Address)}
				case l6 != nil:
					address = "[::1]"
					m.certainty, m.evidence = Likely, []Fact{fact(fromSocket, "%s listens, and nothing on %s", describe(*l6), four.Address)}
				}
			}
			m.remedies = in.edit("name one address", in.swap(p.at, 0, "localhost", address))
			found = append(found, m)
		}
		return found
	},
})
