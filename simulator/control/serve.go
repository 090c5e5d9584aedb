package control

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/badgateway/badgateway/simulator"
)

// MinToken is the least length of a token, in bytes.
const MinToken = 16

// Options say where the control interface is served.
type Options struct {
	Listen string // host:port; port 0 takes a free one
	// Token must be sent by each client as "Authorization: Bearer TOKEN". Empty asks for none, which only loopback addresses may do.
	Token string
}

// Service is a control interface that is served.
type Service struct {
	addr   net.Addr
	server *http.Server
	done   chan struct{}
}

// Serve serves the control interface of one simulator on an address of its own, never on that of the data.
func Serve(srv *simulator.Server, o Options) (*Service, error) {
	if o.Token != "" && len(o.Token) < MinToken {
		return nil, fmt.Errorf("control API: the token has %d bytes, want at least %d", len(o.Token), MinToken)
	}
	ln, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("control API: %w", err)
	}
	if o.Token == "" && !ln.Addr().(*net.TCPAddr).IP.IsLoopback() {
		_ = ln.Close()
		return nil, fmt.Errorf("control API on %s: %w", o.Listen, ErrNeedsToken)
	}
	s := &Service{addr: ln.Addr(), done: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	s.server = &http.Server{
		Handler: guard(o.Token, NewHandler(srv)), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: log.New(io.Discard, "", 0), // what strangers send belongs in no log
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	s.server.RegisterOnShutdown(cancel)
	go func() {
		defer close(s.done)
		defer cancel()
		_ = s.server.Serve(ln)
	}()
	return s, nil
}

// ErrNeedsToken is returned where others than this host could steer the simulator without a token.
var ErrNeedsToken = errors.New("not a loopback address, so a token is needed")

// URL is the base address for a Client.
func (s *Service) URL() string { return "http://" + s.addr.String() }

// Close ends the service and its streams.
func (s *Service) Close() error {
	err := s.server.Close()
	<-s.done
	return err
}

// guard asks for the token. Where there is none, it answers only requests that name this host by a number or as localhost: a
// web page whose name is made to point here cannot steer a simulator.
func guard(token string, next http.Handler) http.Handler {
	want := sha256.Sum256([]byte("Bearer " + token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := sha256.Sum256([]byte(r.Header.Get("Authorization")))
		switch {
		case token != "" && subtle.ConstantTimeCompare(got[:], want[:]) != 1:
			w.Header().Set("WWW-Authenticate", "Bearer")
			fail(w, http.StatusUnauthorized, errors.New("the token is missing or wrong"))
		case token == "" && (!localName(r.Host) || r.Header.Get("Origin") != ""):
			fail(w, http.StatusForbidden, errors.New("without a token, only programs on this host are answered"))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func localName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	_, err := netip.ParseAddr(host)
	return err == nil || host == "localhost"
}

// Bearer is the Client's header for a token; empty for none.
func Bearer(token string) http.Header {
	if token == "" {
		return nil
	}
	return http.Header{"Authorization": {"Bearer " + token}}
}
