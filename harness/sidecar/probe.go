package sidecar

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"time"

	"github.com/badgateway/badgateway/harness/scenario"
)

const bodyKept = 4 << 10

func (s *Server) postProbe(r *http.Request) (any, error) {
	look, err := body[Look](r)
	if err != nil {
		return nil, err
	}
	if err := s.act(r.Context(), look.Before, look.Tag); err != nil {
		return nil, err
	}
	if look.Request.Method == "" && look.Request.Path == "" {
		return Seen{}, nil
	}
	var wrong error
	seen := askAnd(r.Context(), look.Request, look.Tag, func() { wrong = s.act(r.Context(), look.During, look.Tag) })
	return seen, wrong
}

// act does the steps of a timeline one after the other.
func (s *Server) act(ctx context.Context, acts []scenario.Act, tag string) error {
	for _, a := range acts {
		switch {
		case a.Request != nil:
			ask(ctx, *a.Request, tag)
		case a.Load != nil:
			s.load(ctx, *a.Load, tag)
		case a.Idle > 0:
			select {
			case <-time.After(a.Idle):
			case <-ctx.Done():
				return ctx.Err()
			}
		case a.File != nil:
			if err := s.makeFile(*a.File); err != nil {
				return fmt.Errorf("make %s: %w", a.File.Path, err)
			}
		case a.Open+a.Shut != "":
			if err := s.turnGate(a.Open, a.Shut); err != nil {
				return err
			}
		default:
			if err := s.turn(a.Refuse, a.Resume); err != nil {
				return err
			}
		}
	}
	return nil
}

// loadPatience bounds how long the clients of a load wait for their answers.
const loadPatience = time.Minute

// load returns when each client has sent its request, or could not. They go on waiting for their answers.
func (s *Server) load(ctx context.Context, l scenario.Load, tag string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadPatience)
	var sent, done sync.WaitGroup
	for range l.Clients {
		sent.Add(1)
		wrote := sync.OnceFunc(sent.Done)
		done.Go(func() {
			defer wrote()
			ask(onceSent(ctx, l.Request, wrote), l.Request, tag)
		})
	}
	go func() {
		done.Wait()
		cancel()
	}()
	sent.Wait()
}

// sentKey is that of a context's function which is told when something was written to the proxy.
type sentKey struct{}

// onceSent has a request tell when it is in the kernel's hands. Go says that it is written before it flushes
// its buffer, so that a request without a body is told by the write itself: what is sent behind it comes behind it.
func onceSent(ctx context.Context, q scenario.Request, wrote func()) context.Context {
	if q.Body == "" && q.Fill == 0 {
		return context.WithValue(ctx, sentKey{}, wrote)
	}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { wrote() }})
}

// tellingConn tells of each write when it is done.
type tellingConn struct {
	*net.TCPConn
	wrote func()
}

func (c tellingConn) Write(p []byte) (int, error) {
	defer c.wrote()
	return c.TCPConn.Write(p)
}

// telling is the connection itself where nobody wants to be told.
func telling(ctx context.Context, c net.Conn) net.Conn {
	if wrote, ok := ctx.Value(sentKey{}).(func()); ok {
		return tellingConn{c.(*net.TCPConn), wrote}
	}
	return c
}

func (s *Server) turn(refused, resumed string) error {
	u, err := s.upstream(refused + resumed)
	if err != nil {
		return err
	}
	if refused != "" {
		return u.Refuse()
	}
	return u.Resume()
}

// ask sends one request and reads the answer.
func ask(ctx context.Context, q scenario.Request, tag string) Seen {
	return askAnd(ctx, q, tag, func() {})
}

// askAnd calls headed when the answer's header is there. It sends one request to the proxy over a connection of its own: one kept
// alive would hold on to a worker that a reload is retiring.
func askAnd(ctx context.Context, q scenario.Request, tag string, headed func()) Seen {
	method, path := q.Method, q.Path
	if method == "" {
		method = http.MethodGet
	}
	if path == "" {
		path = "/"
	}
	req, err := http.NewRequestWithContext(ctx, method, fmt.Sprintf("http://127.0.0.1:%d%s", ProxyPort, path), strings.NewReader(q.Body+strings.Repeat("x", int(q.Fill))))
	if err != nil {
		return Seen{Error: err.Error()}
	}
	req.Header.Set("User-Agent", "badgateway-probe/"+tag)
	for k, v := range q.Header {
		if strings.EqualFold(k, "host") {
			req.Host = v
		}
		req.Header.Set(k, v)
	}
	return answer(req, headed)
}

func answer(req *http.Request, headed func()) (seen Seen) {
	ends := hangups{kept: req.Header.Get("Connection") != ""}
	seen.Began = time.Now()
	defer func() {
		seen.Took = time.Since(seen.Began)
		ends.await()
	}()
	transport := &http.Transport{
		DisableKeepAlives:  true,
		DisableCompression: true,
		DialContext:        ends.dial,
	}
	res, err := transport.RoundTrip(req)
	if err != nil {
		seen.Error = err.Error()
		return seen
	}
	defer res.Body.Close() // before the end is awaited
	seen.Header = time.Since(seen.Began)
	headed()
	kept, err := io.ReadAll(io.LimitReader(res.Body, bodyKept))
	if err == nil {
		_, err = io.Copy(io.Discard, res.Body)
	}
	seen.Status, seen.Body, seen.Cut = res.StatusCode, strings.ToValidUTF8(string(kept), "\uFFFD"), errors.Is(err, io.ErrUnexpectedEOF)
	if err != nil {
		seen.Error = err.Error()
	}
	return seen
}
