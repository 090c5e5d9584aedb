package sidecar

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/badgateway/badgateway/harness/late"
	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/authority"
	"github.com/badgateway/badgateway/simulator/dns"
)

// Server is the sidecar's state. The methods that serve requests are in the file of their subject.
type Server struct {
	token string
	lease *lease
	birth census                 // what there was at the start
	nginx atomic.Pointer[master] // the proxy that was last found; nil before there is one
	fresh *snapshot              // guarded by proxy; its file system when it was found
	own   []uint64               // socket inodes that are ours and no evidence

	mu        sync.Mutex
	upstreams map[string]*upstream                 // guarded by mu
	names     map[string]*dns.Server               // guarded by mu; by where they listen
	authority func() (*authority.Authority, error) // of all upstreams' certificates, so that the proxy can trust it before there are any
	undo      []func() error                       // guarded by mu
	watch     *late.Watch                          // guarded by mu; nil while nobody measures
	proxy     sync.Mutex                           // one change of the configuration at a time
	backing   sync.Mutex                           // one change of the backends at a time
	backends  map[string]*backend                  // guarded by backing; the containers of real ones
}

type upstream struct {
	*simulator.Server
	control http.Handler
	names   *dns.Server // that its fault brings with it; nil for most
}

// Close ends the upstream and its DNS server.
func (u *upstream) Close() error {
	if u.names == nil {
		return u.Server.Close()
	}
	return errors.Join(u.names.Close(), u.Server.Close())
}

// Serve listens and serves until ctx ends or the lease runs out; lease 0 never does.
func Serve(ctx context.Context, listen, token string, keep time.Duration) error {
	ln, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &Server{token: token, lease: newLease(keep), upstreams: map[string]*upstream{}, names: map[string]*dns.Server{}, backends: map[string]*backend{}, authority: sync.OnceValues(authority.New)}
	s.own = socketInodes(ln)
	if s.birth, err = takeCensus(); err != nil {
		return errors.Join(err, ln.Close())
	}
	srv := &http.Server{Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		s.lease.wait(ctx)
		srv.Close()
	}()
	err = errors.Join(srv.Serve(ln), s.close())
	if s.lease.expired() || errors.Is(err, http.ErrServerClosed) { // with this process all containers of the pod end
		return nil
	}
	return err
}

func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/health", s.serve(func(*http.Request) (any, error) { return struct{}{}, nil }))
	mux.HandleFunc("POST /v1/reset", s.serve(func(r *http.Request) (any, error) { return struct{}{}, s.reset(r.Context()) }))
	mux.HandleFunc("GET /v1/proxy", s.serve(func(r *http.Request) (any, error) { return s.ready(r.Context()) }))
	mux.HandleFunc("PUT /v1/proxy/config", s.serve(s.putConfig))
	mux.HandleFunc("GET /v1/proxy/config", s.serve(s.getConfig))
	mux.HandleFunc("PUT /v1/proxy/files", s.serve(s.putFiles))
	mux.HandleFunc("GET /v1/log", s.serve(s.getLog))
	mux.HandleFunc("PUT /v1/upstreams/{name}", s.serve(s.putUpstream))
	mux.HandleFunc("DELETE /v1/upstreams/{name}", s.serve(s.deleteUpstream))
	mux.HandleFunc("/v1/upstreams/{name}/", s.controlUpstream)
	mux.HandleFunc("PUT /v1/backends/{name}", s.serve(s.putBackend))
	mux.HandleFunc("PUT /v1/names", s.serve(s.putNames))
	mux.HandleFunc("PUT /v1/kernel", s.serve(s.putKernel))
	mux.HandleFunc("POST /v1/await", s.serve(s.postAwait))
	mux.HandleFunc("POST /v1/watch", s.serve(func(*http.Request) (any, error) { return struct{}{}, s.beginWatch() }))
	mux.HandleFunc("DELETE /v1/watch", s.serve(func(*http.Request) (any, error) { return s.endWatch(), nil }))
	mux.HandleFunc("POST /v1/probe", s.serve(s.postProbe))
	mux.HandleFunc("POST /v1/evidence", s.serve(s.postEvidence))
	mux.HandleFunc("POST /v1/remedy", s.serve(s.postRemedy))
	return s.guard(mux)
}

// guard asks for the token; each request that has it renews the lease.
func (s *Server) guard(next http.Handler) http.Handler {
	want := []byte("Bearer " + s.token)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), want) != 1 {
			reply(w, http.StatusUnauthorized, map[string]string{"error": "token missing or wrong"})
			return
		}
		s.lease.renew()
		if limit, err := time.ParseDuration(r.Header.Get(limitHeader)); err == nil {
			ctx, cancel := context.WithTimeout(r.Context(), limit)
			defer cancel()
			r = r.WithContext(ctx)
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) serve(f func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := f(r)
		if err == nil {
			reply(w, http.StatusOK, v)
			return
		}
		status := http.StatusInternalServerError
		var bad *Refused
		if errors.As(err, &bad) {
			status = http.StatusUnprocessableEntity
		}
		reply(w, status, map[string]string{"error": err.Error()})
	}
}

// Refused is a request that cannot be carried out as it stands: a configuration that the proxy's own test
// rejects, an edit that does not fit, an action that the sidecar does not know.
type Refused struct{ Reason string }

func (e *Refused) Error() string { return e.Reason }

func refuse(format string, args ...any) error { return &Refused{fmt.Sprintf(format, args...)} }

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

func body[T any](r *http.Request) (T, error) {
	var v T
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		return v, refuse("read request: %v", err)
	}
	return v, nil
}

func socketInodes(ln net.Listener) []uint64 {
	raw, err := ln.(*net.TCPListener).SyscallConn()
	if err != nil {
		return nil
	}
	var inodes []uint64
	raw.Control(func(fd uintptr) {
		var st syscall.Stat_t
		if syscall.Fstat(int(fd), &st) == nil {
			inodes = append(inodes, st.Ino)
		}
	})
	return inodes
}
