package nginx

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// nameSignatures are those of names and URLs that nginx works out per request.
var nameSignatures = []signature{
	{name: "no resolver", prefix: "no resolver defined to resolve", phase: evidence.Resolving, outcome: evidence.Missing},
	{name: "not resolved", has: " could not be resolved (", phase: evidence.Resolving, refine: byResolverCode},
	{name: "host not found", prefix: "host not found in upstream", phase: evidence.Resolving, outcome: evidence.NotFound},
	{name: "host not found", prefix: "host not found in resolver", phase: evidence.Resolving, outcome: evidence.NotFound},
	{name: "bad url", prefix: "invalid URL prefix in ", phase: evidence.Selecting, outcome: evidence.Invalid, status: 500},
	{name: "bad url", prefix: "zero length URI to proxy", phase: evidence.Selecting, outcome: evidence.Invalid, status: 500},
	{name: "config", has: "upstream", prefix: "no servers ", note: true},
	{name: "config", prefix: "invalid host in upstream", has: " in /", note: true},
	{name: "bad url", prefix: "invalid ", has: " in upstream \"", phase: evidence.Selecting, outcome: evidence.Invalid, status: 500},
	{name: "bad url", prefix: "no ", has: " in upstream \"", phase: evidence.Selecting, outcome: evidence.Invalid, status: 500},
	{name: "bad url", prefix: "no upstream configuration", phase: evidence.Selecting, outcome: evidence.Invalid, status: 500},
	{name: "bad local address", prefix: "invalid local address", phase: evidence.Connecting, outcome: evidence.Invalid, status: 500},
}

// byResolverCode reads the DNS answer's code: 3 is NXDOMAIN, 2 SERVFAIL, 5
// REFUSED, 110 no answer at all, which is a 502 and never a 504.
func byResolverCode(e *evidence.Event) {
	_, code, _ := strings.Cut(e.Message, " could not be resolved (")
	switch number(code) {
	case 3:
		e.Outcome = evidence.NotFound
	case 5:
		e.Outcome = evidence.Refused
	case 110:
		e.Outcome = evidence.TimedOut
	default:
		e.Outcome = evidence.Invalid
	}
}

// limitSignatures are those of nginx's own limits.
var limitSignatures = []signature{
	{name: "worker connections", has: "worker_connections are not enough, reusing", note: true},
	{name: "worker connections", has: "worker_connections are not enough while connecting to upstream",
		phase: evidence.Connecting, outcome: evidence.Exhausted, status: 500},
	{name: "worker connections", has: "worker_connections are not enough", note: true},
	{name: "zone memory", prefix: "cannot add new server to upstream", phase: evidence.Resolving, outcome: evidence.Exhausted},
	{name: "memory", prefix: "malloc(", has: ") failed (12: ", errno: true, status: 500},
	{name: "memory", prefix: "posix_memalign(", has: ") failed (12: ", errno: true, status: 500},
	{name: "cache key", has: "is not enough for cache key", phase: evidence.Selecting, outcome: evidence.TooBig, status: 500},
}

// noteSignatures are records about the upstream that are no failure of it.
var noteSignatures = []signature{
	{name: "fastcgi stderr", prefix: "FastCGI sent in stderr", note: true},
	{name: "disabled", prefix: "upstream server temporarily disabled", note: true},
	{name: "auth request", prefix: "auth request unexpected status", note: true},
	{name: "client gone", has: "client prematurely closed connection", note: true},
	{name: "client gone", prefix: "client closed", note: true},
	{name: "client gone", prefix: "client timed out", note: true},
	{name: "client gone", while: "sending to client", note: true},
	{name: "accept", prefix: "accept", has: "() failed (", note: true},
	{name: "worker crash", prefix: "worker process ", has: " exited on signal ", note: true},
	{name: "buffered", prefix: "an upstream response is buffered to a temporary file", note: true},
	{name: "body buffered", prefix: bodyBuffered, note: true},
	{name: "client tls", prefix: "SSL_", note: true},
	{name: "file", has: "() \"", note: true},
	{name: "rewrite", prefix: "rewrite or internal redirection cycle", note: true},
	{name: "rewrite", prefix: "using uninitialized", note: true},
	{name: "config", has: ".conf:", note: true},
}
