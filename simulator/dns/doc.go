// Package dns is a scriptable DNS server (RFC 1035) for testing how proxies
// resolve names at run time: it answers, refuses, delays, lies or stays silent
// as a Plan says, and journals the queries. UDP and TCP share one port.
//
//	rules:                                        # the first that matches
//	  - {name: app.test, type: A, query: 1, answers: [A 127.0.0.1], ttl: 1s}
//	  - {name: app.test, answers: [A 127.0.0.2, AAAA ::1]}
//	  - {name: "*.slow.test", delay: 3s, answers: [A 127.0.0.1]}
//	  - {name: dead.test, silent: true}
//	default: {rcode: NXDOMAIN}
package dns
