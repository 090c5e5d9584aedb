package fastcgi_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/fcgi"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/simulator/fastcgi"
)

// child is net/http/fcgi, which somebody else wrote, over a socket in the abstract name space.
func child(tb testing.TB) net.Addr {
	l, err := net.Listen("unix", fmt.Sprintf("@badgateway-fcgi-%d-%d", os.Getpid(), time.Now().UnixNano()))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = l.Close() })
	go func() {
		_ = fcgi.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			_, _ = fmt.Fprintf(w, "%s %s %q %q", r.Method, r.URL.RequestURI(), fcgi.ProcessEnv(r)["X"], body)
		}))
	}()
	return l.Addr()
}

// request encodes a request in records of at most size bytes.
func request(id uint16, params, body []byte, size int, padding uint8) []byte {
	b := fastcgi.AppendRecord(nil, fastcgi.BeginRequest, id, fastcgi.Begin{Role: fastcgi.Responder}.Append(nil), padding)
	stream := func(t fastcgi.Type, data []byte) {
		for len(data) > 0 {
			n := min(size, len(data))
			b = fastcgi.AppendRecord(b, t, id, data[:n], padding)
			data = data[n:]
		}
		b = fastcgi.AppendRecord(b, t, id, nil, padding)
	}
	stream(fastcgi.Params, params)
	stream(fastcgi.Stdin, body)
	return b
}

// answer reads records to END_REQUEST and returns what came on stdout.
func answer(r io.Reader, id uint16) (string, error) {
	var out []byte
	for {
		rec, err := fastcgi.ReadRecord(r)
		switch {
		case err != nil:
			return string(out), err
		case rec.ID != id:
			return string(out), fmt.Errorf("a record of request %d", rec.ID)
		case rec.Type == fastcgi.Stdout:
			out = append(out, rec.Content...)
		case rec.Type == fastcgi.EndRequest:
			end, err := fastcgi.ParseEnd(rec.Content)
			if err == nil && end != (fastcgi.End{}) {
				err = fmt.Errorf("it ended with %+v", end)
			}
			return string(out), err
		}
	}
}

// What our codec writes, net/http/fcgi reads as it was meant, however it is cut into records; and its answer is read strictly.
func FuzzAgainstNetHTTP(f *testing.F) {
	f.Add("value", []byte("body"), uint16(1), uint16(3), uint8(0))
	f.Add(strings.Repeat("v", 300), bytes.Repeat([]byte("b"), 5000), uint16(513), uint16(128), uint8(255))
	addr := child(f)
	f.Fuzz(func(t *testing.T, value string, body []byte, id, size uint16, padding uint8) {
		if id == 0 {
			return // management records are no requests
		}
		params := fastcgi.AppendParam(nil, "REQUEST_METHOD", "POST")
		params = fastcgi.AppendParam(params, "SERVER_PROTOCOL", "HTTP/1.1")
		params = fastcgi.AppendParam(params, "REQUEST_URI", "/a?b=c")
		params = fastcgi.AppendParam(params, "CONTENT_LENGTH", fmt.Sprint(len(body)))
		params = fastcgi.AppendParam(params, "X", value)
		c, err := net.Dial(addr.Network(), addr.String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		go func() { _, _ = c.Write(request(id, params, body, int(size)+1, padding)) }()
		got, err := answer(c, id)
		want := fmt.Sprintf("POST /a?b=c %q %q", value, body)
		if _, text, ok := strings.Cut(got, "\r\n\r\n"); err != nil || !ok || text != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	})
}

// Records that nginx 1.30 sent, with its own fastcgi.conf and with request buffering off.
func TestReadsRecordsOfNginx(t *testing.T) {
	for name, want := range map[string]struct{ method, target, body string }{
		"get":        {"GET", "/a/index.php?x=y", ""},
		"post":       {"POST", "/form.php", strings.Repeat("b", 300)},
		"unbuffered": {"POST", "/plain", "helloyou"},
	} {
		data, err := os.ReadFile(filepath.Join("../testdata/nginx-records", name))
		if err != nil {
			t.Fatal(err)
		}
		var params, body []byte
		for r := bytes.NewReader(data); r.Len() > 0; {
			rec, err := fastcgi.ReadRecord(r)
			if err != nil || rec.ID != 1 {
				t.Fatalf("%s: %+v, %v", name, rec.Header, err)
			}
			switch rec.Type {
			case fastcgi.Params:
				params = append(params, rec.Content...)
			case fastcgi.Stdin:
				body = append(body, rec.Content...)
			}
		}
		got := map[string]string{}
		for rest := params; len(rest) > 0; {
			var n, v []byte
			if n, v, rest, err = fastcgi.NextParam(rest); err != nil {
				t.Fatal(err)
			}
			got[string(n)] = string(v)
		}
		if got["REQUEST_METHOD"] != want.method || got["REQUEST_URI"] != want.target || string(body) != want.body {
			t.Errorf("%s: got %v, body %q", name, got, body)
		}
	}
}
