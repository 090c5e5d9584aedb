package nginx

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// fragmentHints are the words of which a line has one if messageStart can find a
// message in it. They are looked for first: the expression is slow.
var fragmentHints = [][]byte{[]byte("connect()"), []byte(" failed ("), []byte("kevent() reported"), []byte("no live upstreams"), []byte("upstream "),
	[]byte("peer closed connection in"), []byte("host not found in"), []byte("no resolver defined"), []byte("FastCGI sent in"), []byte("could not be resolved ("),
	[]byte("worker_connections are"), []byte("auth request unexpected"), []byte(") while connecting to upstream"), []byte(`() "/`), []byte("nginx: [emerg] ")}

// messageMax is how far behind prefixMax the words that tell a message may reach.
const messageMax = 256

// messageStart finds where one of nginx's messages about an upstream begins.
var messageStart = regexp.MustCompile(`connect ?\(\) (?:to (?:unix: )?\S+ )?failed|kevent\(\) reported (?:that|about)|no live upstreams|` +
	`upstream (?:timed out|prematurely closed|closed prematurely|sent |rejected request|server temporarily|SSL certificate )|` +
	`(?:recv|readv|send|writev|sendfile|WSARecv|WSASend|accept4?|socket)\(\) failed \(|peer closed connection in SSL handshake|` +
	`SSL_do_handshake\(\) failed|host not found in (?:upstream|resolver)|no resolver defined to resolve|[\w.-]+ could not be resolved \(|FastCGI sent in stderr|` +
	`(?:open|pwritev?|mkdir)\(\) "/[^"]*" failed \(|(?:\d+ )?worker_connections are not enough|an upstream response is buffered|auth request unexpected status|` +
	`(?:malloc|posix_memalign)\([\d, ]+\) failed \(12: |/\S+\.sock(?:et)? failed \(\d+: |` +
	`connect\(\)[^\s("]{1,24} ?\(\d{2,5}: |(?:failed )?\(\d{2,5}: [^)"]*\) while connecting to upstream|` + refusedStart)

// refusedStart begins what nginx -t prints of a configuration that it refuses; the message follows.
const refusedStart = `nginx: \[emerg\] (?:\d+#\d+: )?`

// head is what is left of a record's head before its message: level, pid, connection.
var head = regexp.MustCompile(`(?:\[(emerg|alert|crit|error|warn|notice|info|debug)\]:?\s+)?(?:(\d+)#\d+:\s+)?(?:\*(\d+)\s+)?$`)

// fragment is a record that was pasted without its beginning.
type fragment struct {
	level     string
	pid, conn int64
	at        int // where the message begins
	missing   string
}

// fragmentOf finds a record without its timestamp in a line. As behind a timestamp's
// prefix, a quote in front of it is another record's.
func fragmentOf(line []byte) (f fragment, ok bool) {
	line = line[:min(len(line), prefixMax+messageMax)]
	hinted := false
	for _, h := range fragmentHints {
		if hinted = bytes.Contains(line, h); hinted {
			break
		}
	}
	if !hinted {
		return f, false
	}
	m := messageStart.FindIndex(line)
	if m == nil || m[0] > prefixMax || !carries(line[:m[0]]) {
		return f, false
	}
	f.at = m[0]
	switch found := line[m[0]:m[1]]; {
	case bytes.HasPrefix(found, []byte("nginx: ")):
		f.at, f.level = m[1], "emerg"
		return f, true
	case bytes.HasPrefix(found, []byte("failed (")):
		f.missing = "connect() "
	case found[0] == '/':
		f.missing = "connect() to unix:"
	case found[0] == '(':
		f.missing = "connect() failed "
	case bytes.HasPrefix(found, []byte("connect()")) && bytes.IndexByte(found, '(') != bytes.LastIndexByte(found, '('):
		f.missing = "connect() failed " // its words are translated
		f.at = m[0] + bytes.LastIndexByte(found, '(')
	}
	h := head.FindSubmatch(line[:m[0]])
	f.level, f.pid, f.conn = string(h[1]), number(string(h[2])), number(string(h[3]))
	return f, true
}

// event reads the fragment's message and context, which may go on in further lines.
func (f fragment) event(b []byte, line int64) evidence.Event {
	e := evidence.Event{Line: line, Level: f.level, PID: int(f.pid), Conn: f.conn, Text: string(b)}
	text := oneLine(string(b[f.at:]))
	if strings.HasPrefix(text, "connect (") || strings.HasPrefix(text, "connect() to unix: ") { // a translator set spaces
		text = strings.NewReplacer("connect ()", "connect()", "unix: /", "unix:/", ": // ", "://").Replace(text)
	}
	readContext(&e, f.missing+text)
	return e
}
