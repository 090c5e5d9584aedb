package nginx

import "github.com/badgateway/badgateway/diagnoser/evidence"

// requestSignatures are those of a request that nginx cannot put into the upstream's protocol: 500, before
// or instead of a connection.
var requestSignatures = []signature{
	{name: "request too big", prefix: "too long http2 ", phase: evidence.Selecting, outcome: evidence.TooBig, status: 500},
	{name: "request too big", prefix: "fastcgi request record is too big", phase: evidence.Selecting, outcome: evidence.TooBig, status: 500},
	{name: "request too big", prefix: "uwsgi request is too big", phase: evidence.Selecting, outcome: evidence.TooBig, status: 500},
	{name: "bad request", prefix: "uwsgi request is too little", phase: evidence.Selecting, outcome: evidence.Invalid, status: 500},
	{name: "bad request", has: " request length mismatch", phase: evidence.Selecting, outcome: evidence.Invalid, status: 500},
	{name: "bad request", prefix: "no buffer space in ", has: "create request", phase: evidence.Selecting, outcome: evidence.Exhausted, status: 500},
	{name: "bad request", prefix: "no connection data found for keepalive http2", phase: evidence.Connecting, outcome: evidence.Invalid, status: 500},
	{name: "bad url", has: " protocol requires SSL support", phase: evidence.Selecting, outcome: evidence.Invalid, status: 500},
	{name: "no key", prefix: `the "$memcached_key" variable is not set`, phase: evidence.Selecting, outcome: evidence.Missing, status: 500},
	{name: "no cache", prefix: `cache "`, has: `" not found`, phase: evidence.Selecting, outcome: evidence.Missing, status: 500},
	{name: "no thread pool", prefix: `thread pool "`, has: `" not found`, outcome: evidence.Missing, status: 500},
	{name: "upgrade in subrequest", prefix: "connection upgrade in subrequest", phase: evidence.Upgraded, outcome: evidence.Invalid},
}

// systemSignatures are those of system calls on the upstream's socket besides connect, read and write.
var systemSignatures = []signature{
	{name: "socket option", has: " failed, ignored", note: true},
	{name: "socket option", prefix: "setsockopt(", has: "upstream", errno: true, status: 500},
	{name: "socket option", prefix: "ioctl(", has: "upstream", errno: true, status: 500},
	{name: "socket option", prefix: "getsockname() failed", has: "upstream", note: true},
	{name: "socket option", prefix: "could not enable transparent proxying", phase: evidence.Connecting, outcome: evidence.Invalid, status: 500},
	{name: "close", prefix: "close() socket", note: true},
	{name: "close", prefix: "connection already closed", note: true},
	{name: "client certificate", prefix: "cannot load certificate", has: "upstream", phase: evidence.Handshaking, outcome: evidence.Missing},
	{name: "tls handshake", prefix: "handshake rejected", has: "upstream", outcome: evidence.Invalid},
	{name: "tls detail", prefix: "X509_NAME_oneline() failed", note: true},
	{name: "tls detail", prefix: "ignoring stale global SSL error", note: true},
	{name: "tls detail", prefix: "SSL renegotiation disabled", note: true},
	{name: "truncated file", prefix: "sendfile() reported that ", note: true},
	{name: "send", prefix: "send() returned zero", has: "upstream", outcome: evidence.ClosedEarly},
	{name: "send", prefix: "writev() failed (", has: "upstream", errno: true},
	{name: "send", prefix: "send() failed (", has: "upstream", errno: true},
	{name: "send", prefix: "sendfile() failed (", has: "upstream", errno: true},
}

// internalSignatures are those of nginx's own mistakes: the request is given up.
var internalSignatures = []signature{
	{name: "internal", has: "size buf in ", outcome: evidence.Invalid},
	{name: "internal", prefix: "file buf in writev", outcome: evidence.Invalid},
	{name: "internal", prefix: "bad buf in output chain", outcome: evidence.Invalid},
	{name: "internal", prefix: "recycled buffer in pipe", note: true},
	{name: "internal", prefix: "invalid thread call", note: true},
	{name: "internal", prefix: "thread operation took too long", note: true},
	{name: "internal", prefix: "pcre_exec() failed", note: true},
	{name: "internal", prefix: "invalid header after joining", note: true},
	{name: "file", prefix: "pread() read only", note: true},
	{name: "file", prefix: "cache file ", note: true},
	{name: "file", prefix: "fcntl(", note: true},
}

// answerSignatures are those of the resolver's answers, which the record "could not be resolved" sums up.
var answerSignatures = []signature{
	{name: "resolver answer", prefix: "DNS error (", note: true},
	{name: "resolver answer", prefix: "invalid ", has: " DNS response", note: true},
	{name: "resolver answer", prefix: "invalid in-addr.arpa", note: true},
	{name: "resolver answer", prefix: "unexpected DNS response", note: true},
	{name: "resolver answer", prefix: "wrong ident ", has: "DNS response", note: true},
	{name: "resolver answer", has: " in DNS response", note: true},
	{name: "resolver answer", prefix: "send() incomplete", note: true},
	{name: "resolver answer", prefix: "buffer overflow", note: true},
	{name: "resolver answer", prefix: "could not cancel ", has: " resolving", note: true},
}

// localSignatures are those of records about a request that never came to an upstream, though they may name one.
var localSignatures = []signature{
	{name: "slice", has: " slice response", phase: evidence.ReadingBody, outcome: evidence.Invalid},
	{name: "limit", prefix: "limiting ", note: true},
	{name: "body too large", prefix: tooLarge, note: true},
	{name: "body file", fits: isBodyFile, note: true},
	{name: "limit", prefix: "delaying request", note: true},
	{name: "limit", prefix: "the value of the ", has: " key is more than", note: true},
	{name: "proxy protocol", prefix: "broken header: ", note: true},
	{name: "proxy protocol", prefix: "unknown PROXY protocol version", note: true},
	{name: "proxy protocol", prefix: "header is too large", note: true},
	{name: "sticky", prefix: "balancer does not support sticky", note: true},
	{name: "sticky", prefix: "could not allocate node", note: true},
	{name: "memcached", prefix: `key: "`, has: "was not found by memcached", note: true},
	{name: "worker exit", prefix: "unknown process ", note: true}, // of process 1 in a container, which inherits strangers
	{name: "worker crash", has: " exited on signal ", note: true},
	{name: "worker exit", has: " exited with ", note: true},
	{name: "worker exit", prefix: "waitpid() failed", note: true},
}
