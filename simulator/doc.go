// Package simulator is a scriptable upstream for testing proxies and clients: an
// HTTP/1, HTTP/2, FastCGI or uwsgi server on TCP or a unix socket that breaks exactly where and
// how a Plan says, and journals what it saw and did.
//
// A plan has three scopes: the endpoint (is anything listening?), rules per
// connection (decided at accept, before any read) and rules per exchange
// (decided once the request's head is there). The first rule that matches
// gives a script, a linear program in the order in which the kernel sees it:
//
//	exchanges:
//	  - match: {exchange: 2, method: POST}
//	    script: [rst]
//	  - match: {path: /report}
//	    script:
//	      - cut_at: {mark: body, plus: 512, then: [flush, rst]}
//	      - respond: {status: 200, fill: 4KiB}
//	default: [{respond: {status: 200, body: hello}}]
//
// Steps are named after what the kernel does. What a socket cannot do is an
// error when the plan is compiled; what turned out otherwise while running is an
// entry of kind "failed" in the journal, never silence.
//
// It runs on Linux, needs no Docker, and imports nothing else of this module.
package simulator
