package probe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"strings"
	"time"

	"github.com/yookoala/gofast"
)

// fcgiRequest encodes the records of one request. gofast writes them; it does not get
// to read the answer, since it takes a connection that ends without END_REQUEST for a
// good one, and waits for ever behind a header line of more than 1 KiB.
func (a *asker) fcgiRequest() ([]byte, error) {
	t := newTape()
	client, err := gofast.SimpleClientFactory(func() (net.Conn, error) { return t, nil })()
	if err != nil {
		return nil, err
	}
	req := gofast.NewRequest(nil)
	req.Params = a.params()
	if _, err := client.Do(req); err != nil {
		return nil, fmt.Errorf("encode FastCGI request: %w", err)
	}
	<-t.done
	out := t.buf.Bytes()
	if !a.q.Idle {
		out[fcgiFlags] = 0 // gofast always asks to keep the connection
	}
	return out, nil
}

// fcgiFlags is the place of the flags in BEGIN_REQUEST: header, then a role of two bytes.
const fcgiFlags = fcgiHeaderSize + 2

// params are those of nginx's own fastcgi_params, then the question's; the method is
// never another than the question's. Of an exact question they are its own alone.
func (a *asker) params() map[string]string {
	if a.q.Exact {
		out := map[string]string{}
		maps.Copy(out, a.q.Params)
		if _, told := out["REQUEST_METHOD"]; told {
			out["REQUEST_METHOD"] = a.q.Method
		}
		return out
	}
	path, query, _ := strings.Cut(a.q.URI, "?")
	out := map[string]string{
		"GATEWAY_INTERFACE": "CGI/1.1",
		"SERVER_SOFTWARE":   "badgateway-probe",
		"SERVER_PROTOCOL":   "HTTP/1.1",
		"SERVER_NAME":       a.q.Host,
		"SERVER_ADDR":       "127.0.0.1",
		"SERVER_PORT":       "80",
		"REMOTE_ADDR":       "127.0.0.1",
		"REMOTE_PORT":       "0",
		"REQUEST_SCHEME":    "http",
		"REQUEST_URI":       a.q.URI,
		"DOCUMENT_URI":      path,
		"SCRIPT_NAME":       path,
		"QUERY_STRING":      query,
		"CONTENT_TYPE":      "",
		"CONTENT_LENGTH":    "",
		"HTTP_HOST":         a.q.Host,
		"REDIRECT_STATUS":   "200", // php-cgi refuses to run without it
	}
	maps.Copy(out, a.q.Params)
	out["REQUEST_METHOD"] = a.q.Method
	delete(out, "HTTP_X_HTTP_METHOD_OVERRIDE")
	return out
}

// tape is a connection that records what is written, until the request is complete.
type tape struct {
	buf  bytes.Buffer
	done chan struct{}
}

func newTape() *tape { return &tape{done: make(chan struct{})} }

var errTapeOver = errors.New("request is complete")

// Write is called once for each record. An empty STDIN record is a request's last.
func (t *tape) Write(b []byte) (int, error) {
	select {
	case <-t.done:
		return 0, errTapeOver
	default:
	}
	t.buf.Write(b)
	if len(b) >= fcgiHeaderSize && b[1] == fcgiStdin && b[4] == 0 && b[5] == 0 {
		close(t.done)
	}
	return len(b), nil
}

func (t *tape) Read([]byte) (int, error) {
	<-t.done
	return 0, io.EOF
}

func (t *tape) Close() error                     { return nil }
func (t *tape) LocalAddr() net.Addr              { return nil }
func (t *tape) RemoteAddr() net.Addr             { return nil }
func (t *tape) SetDeadline(time.Time) error      { return nil }
func (t *tape) SetReadDeadline(time.Time) error  { return nil }
func (t *tape) SetWriteDeadline(time.Time) error { return nil }
