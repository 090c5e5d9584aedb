package simulator

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/simulator/fastcgi"
	"golang.org/x/sys/unix"
)

// Whatever is written in a plan, reading and compiling it gives a plan or an error, soon and in little memory.
func FuzzPlan(f *testing.F) {
	for _, s := range Steps() {
		f.Add([]byte("default: [{respond: {fill: 1KiB}}]\nexchanges:\n  - match: {path: /}\n    script:\n      - " + s.Usage))
	}
	for _, m := range Matches() {
		f.Add([]byte("exchanges:\n  - match: {" + m.Usage + "}\n    script: [serve]"))
	}
	f.Add([]byte("endpoint: {backlog: 1, fill_queue: true}\nidle: {after: 1s, then: fin}\nstrict: true"))
	f.Add([]byte("default: [{loop: {times: 10000, script: [{loop: {times: 10000, script: [{send: x}]}}]}}]"))
	f.Add([]byte("default: [{respond: {fill: 1GiB, chunked: 1}}]"))
	f.Add([]byte("default: [{stdout: {fill: 1GiB, records: {size: 1}}}]"))
	f.Add([]byte("default: [{respond: {fill: 1GiB, records: {size: 1}}}]"))
	f.Add([]byte("default: [&a {cut_at: {mark: body, then: [*a]}}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4<<10 {
			t.Skip("bigger than what is typed by hand")
		}
		begin, before := worked(), allocated()
		plan, err := ParsePlan("plan.yaml", data)
		if err == nil {
			for _, tr := range []traits{{}, {fastcgi: true}, {unix: true}, {unix: true, fastcgi: true}, {http2: true}} {
				_, _ = compile(plan, tr, 1)
			}
		}
		if took := worked() - begin; took > 10*time.Second {
			t.Errorf("compiling took %v", took)
		}
		if used := allocated() - before; used > 8<<30 {
			t.Errorf("compiling allocated %d MiB", used>>20)
		}
	})
}

// worked is the processor time of this process: how busy the machine is does not count.
func worked() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// Where this parser and that of net/http both take a head, they must agree on
// what it says: what is served here must be what was asked.
func FuzzHead(f *testing.F) {
	for _, s := range []string{
		"GET / HTTP/1.1\r\nHost: app\r\n\r\n",
		"POST /a?b=c HTTP/1.0\r\nHost: app\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
		"PUT / HTTP/1.1\nHost: app\nTransfer-Encoding: chunked\nExpect: 100-continue\n\n5\r\nhello\r\n0\r\n\r\n",
		"GET http://app/ HTTP/1.1\r\nHost: b\r\nConnection: close, x\r\nX-A:  \t b \r\nX-A: c\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost:\r\nContent-Length: +1\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n folded\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n := headLength(data, 0)
		if again := headLength(data, len(data)/2); n > len(data)/2 && again != n {
			t.Fatalf("the head ends at %d when looked at anew, and at %d when it came in two parts", n, again)
		}
		if n == 0 {
			return
		}
		var req request
		var body httpBody
		if err := req.parseHead(data[:n], &body); err != nil {
			return
		}
		theirs, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(data[:n])))
		if err != nil {
			return
		}
		agree(t, &req, &body, theirs)
	})
}

func agree(t *testing.T, req *request, body *httpBody, theirs *http.Request) {
	if string(req.method) != theirs.Method || string(req.target) != theirs.RequestURI {
		t.Errorf("request line: %q %q, net/http has %q %q", req.method, req.target, theirs.Method, theirs.RequestURI)
	}
	chunked := len(theirs.TransferEncoding) > 0
	if body.chunked != chunked || (!chunked && body.left != theirs.ContentLength) {
		t.Errorf("body: chunked %v, %d bytes, net/http has %v, %d", body.chunked, body.left, theirs.TransferEncoding, theirs.ContentLength)
	}
	if req.keep == theirs.Close {
		t.Errorf("keep is %v, net/http's close is %v", req.keep, theirs.Close)
	}
	for name, values := range theirs.Header {
		for i, got := range req.headerValues(name) {
			if i >= len(values) || string(got) != values[i] {
				t.Errorf("header %s: got %q, net/http has %q", name, req.headerValues(name), values)
				break
			}
		}
	}
}

// The body's end is found whatever pieces it comes in, and nothing behind it is taken.
func FuzzBody(f *testing.F) {
	f.Add([]byte("5\r\nhello\r\n0\r\n\r\nGET"), uint8(3))
	f.Add([]byte("a;x=y\r\n0123456789\r\n0\r\nTrailer: b\r\n\r\n"), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, piece uint8) {
		whole, parts := httpBody{chunked: true}, httpBody{chunked: true}
		n, err := whole.feed(data)
		m, err2 := feedParts(data, int(piece)+1, &parts)
		if n != m || (err == nil) != (err2 == nil) || whole.size != parts.size || whole.done() != parts.done() {
			t.Fatalf("at once: %d bytes, size %d, done %v, %v; in pieces: %d, %d, %v, %v", n, whole.size, whole.done(), err, m, parts.size, parts.done(), err2)
		}
		theirs, err := io.ReadAll(newChunked(data))
		if err == nil && whole.done() && int64(len(theirs)) != whole.size {
			t.Errorf("size %d, net/http reads %d", whole.size, len(theirs))
		}
	})
}

// newChunked is net/http's own reader of chunks.
func newChunked(data []byte) io.Reader {
	head := "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	req, err := http.ReadRequest(bufio.NewReader(io.MultiReader(strings.NewReader(head), bytes.NewReader(data))))
	if err != nil {
		panic(err)
	}
	return req.Body
}

func feedParts(data []byte, piece int, b *httpBody) (used int, err error) {
	for used < len(data) && !b.done() && err == nil {
		var n int
		n, err = b.feed(data[used:min(used+piece, len(data))])
		used += n
	}
	return used, err
}

// Records are understood alike whatever pieces they come in, and as the record reader understands them.
func FuzzStream(f *testing.F) {
	names, _ := filepath.Glob("testdata/nginx-records/*")
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, uint8(7))
	}
	params := fastcgi.AppendParam(fastcgi.AppendParam(nil, "REQUEST_METHOD", "POST"), "REQUEST_URI", "/a?b")
	b := fastcgi.AppendRecord(nil, fastcgi.BeginRequest, 9, fastcgi.Begin{Role: fastcgi.Responder, Flags: fastcgi.KeepConn}.Append(nil), 3)
	b = fastcgi.AppendRecord(b, fastcgi.Params, 9, params, 5)
	b = fastcgi.AppendRecord(b, fastcgi.Params, 9, nil, 0)
	b = fastcgi.AppendRecord(b, fastcgi.Stdin, 9, []byte("hello"), 3)
	f.Add(fastcgi.AppendRecord(b, fastcgi.Stdin, 9, nil, 0), uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, piece uint8) {
		var whole, parts stream
		n, err := readStream(&whole, data, len(data)+1)
		m, err2 := readStream(&parts, data, int(piece)+1)
		if n != m || (err == nil) != (err2 == nil) {
			t.Fatalf("at once %d bytes, %v; in pieces %d, %v", n, err, m, err2)
		}
		if !bytes.Equal(whole.params, parts.params) || !bytes.Equal(whole.reply, parts.reply) || whole.size != parts.size || whole.id != parts.id {
			t.Fatalf("at once %+v\nin pieces %+v", whole, parts)
		}
		if err != nil || !whole.bodyEnd {
			return
		}
		params, size := plainRecords(data[:n], whole.id)
		if !whole.aborted && (string(params) != string(whole.params) || size != whole.size) {
			t.Errorf("params %q, body %d; record by record: %q, %d", whole.params, whole.size, params, size)
		}
		var r request
		_ = whole.fill(&r)
	})
}

func readStream(s *stream, data []byte, piece int) (used int, err error) {
	for used < len(data) && err == nil && !(s.headEnd && s.bodyDone()) {
		p := data[used:min(used+piece, len(data))]
		n, m := 0, 0
		if n, err = s.feedHead(p, 1<<20); err == nil && s.headEnd {
			m, err = s.feedBody(p[n:], 1<<20)
		}
		used += n + m
	}
	return used, err
}

// plainRecords collects parameters and body of the request from records of its id.
func plainRecords(data []byte, id uint16) (params []byte, size int64) {
	r := bytes.NewReader(data)
	for {
		rec, err := fastcgi.ReadRecord(r)
		if err != nil {
			return params, size
		}
		switch {
		case rec.Type == fastcgi.BeginRequest && rec.ID == id:
			params, size = nil, 0
		case rec.ID != id:
		case rec.Type == fastcgi.Params:
			params = append(params, rec.Content...)
		case rec.Type == fastcgi.Stdin:
			size += int64(len(rec.Content))
		}
	}
}
