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
//
// # Files
//
// The package is one because its parts share one engine. By what they are about:
//
//	plans        plan.go, limits.go, fields.go, match*.go, step.go, mark.go; step_*.go is a step each, or a few that belong together
//	compiling    compile.go (rules), builder.go (a script), program.go (what comes out, cuts applied), output.go and segment.go (its bytes),
//	             records.go and http2_frames.go (framing), budget.go (its size), draw.go and freeze.go (chance)
//	endpoint     address.go, endpoint*.go, socket_file.go, root.go, lifecycle.go (listening and its states), queue*.go, accept.go, workers.go
//	connections  server.go, conn.go (an exchange after another), kept.go (inside one wait), input.go, receive.go, park.go (all waiting),
//	             write.go, ending.go, connections.go
//	requests     head.go (the protocols), http_*.go, request.go, fastcgi_request.go, uwsgi_request.go, protocol_raw.go, proxy_protocol.go
//	HTTP/2       http2_*.go: the connection, its streams, whose turn it is to write
//	TLS          tls_*.go: certificates and settings, the ClientHello, the handshake and its places
//	telling      journal.go, entry.go, traffic.go, metrics.go, gate.go
//
// What needs none of the engine is a package of its own: fastcgi and uwsgi are codecs, strictyaml the decoder, authority the
// certificates, dns a server of names, faults the named plans, control the HTTP interface, matchers those of Gomega.
package simulator
