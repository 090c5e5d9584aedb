package bench

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"time"
)

// errorLog writes nginx error logs as a busy site has them on a bad day: about half of the records
// are of an upstream, the others are missing files, clients and limits. The same seed writes the same log.
type errorLog struct {
	rnd *rand.Rand
	// upstreams is how many different addresses the records name.
	upstreams int
	at        time.Time
	stamp     []byte
	conn      int64
	line      []byte
}

func newErrorLog(seed uint64, upstreams int) *errorLog {
	return &errorLog{rnd: rand.New(rand.NewPCG(seed, 1)), upstreams: upstreams, at: time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)}
}

// kindsOfRecords are the messages with their share of 100 and what follows them.
var kindsOfRecords = []struct {
	share   int
	level   string
	message string // %d is a number, %s a file
	context string // "upstream", "client" or ""
}{
	{14, "error", "connect() failed (111: Connection refused) while connecting to upstream", "upstream"},
	{12, "error", "upstream timed out (110: Connection timed out) while reading response header from upstream", "upstream"},
	{8, "error", "upstream prematurely closed connection while reading response header from upstream", "upstream"},
	{6, "error", "recv() failed (104: Connection reset by peer) while reading response header from upstream", "upstream"},
	{3, "error", "no live upstreams while connecting to upstream", "upstream"},
	{2, "warn", "upstream server temporarily disabled while connecting to upstream", "upstream"},
	{4, "warn", "an upstream response is buffered to a temporary file /var/cache/nginx/proxy_temp/%d while reading upstream", "upstream"},
	{5, "error", `FastCGI sent in stderr: "PHP message: PHP Warning:  Undefined variable $page in /srv/www/lib/view%d.php on line 71" while reading response header from upstream`, "upstream"},
	{1, "error", "FastCGI sent in stderr: \"PHP message: PHP Fatal error:  Uncaught Error\nStack trace:\n#0 {main}\n  thrown in /srv/www/a.php on line 7\" while reading response header from upstream", "upstream"},
	{20, "error", `open() "/srv/www/%s" failed (2: No such file or directory)`, "client"},
	{5, "error", "access forbidden by rule", "client"},
	{4, "error", `directory index of "/srv/www/%s/" is forbidden`, "client"},
	{6, "error", `limiting requests, excess: 20.%d by zone "one"`, "client"},
	{5, "info", "client %d closed keepalive connection", ""},
	{3, "crit", "SSL_do_handshake() failed (SSL: error:0A00006C:SSL routines::bad key share) while SSL handshaking, client: 198.51.100.7, server: 0.0.0.0:443", ""},
	{2, "notice", "signal 17 (SIGCHLD) received from %d", ""},
}

// write writes whole records, the last of which ends at size or behind it.
func (l *errorLog) write(w io.Writer, size int64) error {
	out := bufio.NewWriterSize(w, 1<<20)
	for n := int64(0); n < size; n += int64(len(l.line)) {
		l.next()
		if _, err := out.Write(l.line); err != nil {
			return err
		}
	}
	return out.Flush()
}

// next makes the next record.
func (l *errorLog) next() {
	if l.stamp == nil || l.rnd.IntN(40) == 0 {
		l.at = l.at.Add(time.Second)
		l.stamp = l.at.AppendFormat(nil, "2006/01/02 15:04:05 [")
	}
	if l.rnd.IntN(3) > 0 {
		l.conn++
	}
	kind, share := 0, l.rnd.IntN(100)
	for share >= kindsOfRecords[kind].share {
		share -= kindsOfRecords[kind].share
		kind++
	}
	k := &kindsOfRecords[kind]
	b := append(append(l.line[:0], l.stamp...), k.level...)
	b = strconv.AppendInt(append(b, "] 31#31: *"...), l.conn, 10)
	b = l.appendMessage(append(b, ' '), k.message)
	if k.context != "" {
		b = l.appendContext(b, k.context == "upstream")
	}
	l.line = append(b, '\n')
}

func (l *errorLog) appendMessage(b []byte, message string) []byte {
	for i := 0; i < len(message); i++ {
		switch {
		case message[i] == '%' && message[i+1] == 'd':
			b = strconv.AppendInt(b, int64(l.rnd.IntN(50)+100), 10)
			i++
		case message[i] == '%' && message[i+1] == 's':
			b = l.appendPath(b)
			i++
		default:
			b = append(b, message[i])
		}
	}
	return b
}

var folders = []string{"assets", "wp-includes", "api/v2/orders", "static/css", ".well-known", "media/catalog/product"}

func (l *errorLog) appendPath(b []byte) []byte {
	b = append(append(b, folders[l.rnd.IntN(len(folders))]...), '/')
	b = strconv.AppendUint(b, uint64(l.rnd.Uint32()), 36)
	return append(b, ".html"...)
}

func (l *errorLog) appendContext(b []byte, upstream bool) []byte {
	b = append(b, ", client: 198.51."...)
	b = strconv.AppendInt(b, int64(l.rnd.IntN(256)), 10)
	b = strconv.AppendInt(append(b, '.'), int64(l.rnd.IntN(256)), 10)
	b = append(b, `, server: www.example.com, request: "GET /`...)
	from := len(b)
	b = l.appendPath(b)
	path := string(b[from:])
	b = append(b, ` HTTP/1.1"`...)
	if upstream {
		n := l.rnd.IntN(l.upstreams)
		b = append(b, fmt.Sprintf(`, upstream: "http://10.%d.%d.%d:8080/%s"`, n>>16&255, n>>8&255, n&255, path)...)
	}
	return append(b, `, host: "www.example.com", referrer: "https://www.example.com/"`...)
}
