package trial

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/badgateway/badgateway/simulator/faults"
)

// patience bounds one request; the proxy's own timeouts are 1 s.
const patience = 15 * time.Second

// Answer is what a client saw of one request.
type Answer struct {
	Status int
	Form   faults.Form
	Head   string // the first bytes, for people
	Took   time.Duration
}

// ask sends one request over a connection of its own and reads until the proxy ends it: only
// the bytes tell a truncated answer from a whole one, and an answer from what was passed through.
func ask(ctx context.Context, addr, method, path string, body int) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	begin := time.Now()
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return Answer{}, fmt.Errorf("ask the proxy: %w", err)
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(time.Now()) })
	defer stop()
	length := ""
	if method != http.MethodGet {
		length = fmt.Sprintf("Content-Length: %d\r\n", body)
	}
	fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: trial.example.com\r\n%sConnection: close\r\n\r\n", method, path, length)
	if body > 0 {
		// An early answer ends the connection under the body: what was read counts.
		_, _ = c.Write(bytes.Repeat([]byte{'x'}, body))
	}
	data, err := io.ReadAll(c)
	if ctx.Err() != nil {
		return Answer{}, fmt.Errorf("the proxy gave no end to its answer within %s", patience)
	}
	a := parse(data, method)
	a.Took = time.Since(begin)
	if err != nil && a.Form == faults.Whole {
		a.Form = faults.Truncated
	}
	return a, nil
}

func parse(data []byte, method string) Answer {
	a := Answer{Head: string(data[:min(len(data), 200)])}
	if len(data) == 0 {
		a.Form = faults.Nothing
		return a
	}
	res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(data)), &http.Request{Method: method})
	if err != nil {
		a.Form = faults.PassedThrough
		return a
	}
	defer res.Body.Close()
	a.Status = res.StatusCode
	if _, err = io.Copy(io.Discard, res.Body); errors.Is(err, io.ErrUnexpectedEOF) {
		a.Form = faults.Truncated
	} else if err != nil {
		a.Form = faults.PassedThrough
	}
	return a
}
