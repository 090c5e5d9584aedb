package sidecar

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/badgateway/badgateway/harness/kernel"
	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/control"
	"github.com/badgateway/badgateway/simulator/dns"
	"github.com/badgateway/badgateway/simulator/faults"
)

func (s *Server) putUpstream(r *http.Request) (any, error) {
	u, err := body[Upstream](r)
	if err != nil {
		return nil, err
	}
	name := r.PathValue("name")
	c, err := configOf(name, u)
	if err != nil {
		return nil, refuse("%v", err)
	}
	c.Root = s.at().root
	if c.Authority, err = s.authority(); err != nil {
		return nil, err
	}
	srv, err := simulator.New(c)
	if err != nil {
		return nil, refuse("%v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.upstreams[name] != nil {
		return nil, refuse("upstream %q is there already", name)
	}
	if err := srv.Start(); err != nil {
		return nil, fmt.Errorf("start upstream %s: %w", name, err)
	}
	names, err := namesOf(u)
	if err != nil {
		return nil, errors.Join(err, srv.Close())
	}
	s.upstreams[name] = &upstream{srv, control.NewHandler(srv), names}
	if c.Plan != nil && c.Plan.Endpoint.TLS != nil {
		return struct{}{}, s.writeTrust(name, s.upstreams[name])
	}
	return struct{}{}, nil
}

// namesOf starts the DNS server that the fault brings with it.
func namesOf(u Upstream) (*dns.Server, error) {
	fault, err := faults.Lookup(u.Fault)
	if err != nil || fault.Names == nil || u.Resolver == "" {
		return nil, nil
	}
	srv, err := dns.New(dns.Config{Listen: u.Resolver, Plan: fault.Names})
	if err == nil {
		err = srv.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("start the DNS server: %w", err)
	}
	return srv, nil
}

// deleteUpstream ends an upstream and returns when nothing of it is left.
func (s *Server) deleteUpstream(r *http.Request) (any, error) {
	name := r.PathValue("name")
	u, err := s.upstream(name)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	delete(s.upstreams, name)
	s.mu.Unlock()
	return struct{}{}, u.Close()
}

// configOf makes a server's configuration from a plan, or from the name of a fault.
func configOf(name string, u Upstream) (simulator.Config, error) {
	if u.Fault == "" {
		plan, err := planOf(name, u.Plan)
		return simulator.Config{Name: name, Listen: u.Listen, Protocol: u.Protocol, Plan: plan}, err
	}
	if u.Plan != "" {
		return simulator.Config{}, errors.New("give a plan or a fault, not both")
	}
	fault, err := faults.Lookup(u.Fault)
	if err != nil {
		return simulator.Config{}, err
	}
	c, err := fault.Config(faults.Place{Protocol: u.Protocol, Transport: u.Transport}, u.Listen)
	c.Name = name
	return c, err
}

// planOf reads a plan; none serves well.
func planOf(name, text string) (*simulator.Plan, error) {
	if text == "" {
		return nil, nil
	}
	return simulator.ParsePlan(name, []byte(text))
}

func (s *Server) upstream(name string) (*upstream, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.upstreams[name]
	if u == nil {
		return nil, refuse("unknown upstream %q", name)
	}
	return u, nil
}

// controlUpstream hands everything below /v1/upstreams/NAME/ to that upstream's own control API.
func (s *Server) controlUpstream(w http.ResponseWriter, r *http.Request) {
	u, err := s.upstream(r.PathValue("name"))
	if err != nil {
		reply(w, http.StatusNotFound, map[string]string{"error": err.Error()})
		return
	}
	http.StripPrefix("/v1/upstreams/"+r.PathValue("name"), u.control).ServeHTTP(w, r)
}

// putKernel leaves the declared faults and no others.
func (s *Server) putKernel(r *http.Request) (any, error) {
	if err := s.takeBack(); err != nil {
		return nil, err
	}
	return s.postKernel(r)
}

// takeBack undoes what was made of the kernel, the last first: the first rule made table and chain.
func (s *Server) takeBack() error {
	s.mu.Lock()
	undo := s.undo
	s.undo = nil
	s.mu.Unlock()
	var errs []error
	for _, u := range slices.Backward(undo) {
		errs = append(errs, u())
	}
	return errors.Join(errs...)
}

func (s *Server) postKernel(r *http.Request) (any, error) {
	k, err := body[Kernel](r)
	if err != nil {
		return nil, err
	}
	for _, a := range k.Addresses {
		undo, err := kernel.AddAddress(a)
		if err != nil {
			return nil, err
		}
		s.undoLater(undo)
	}
	for _, f := range k.Faults {
		undo, err := kernel.Apply(r.Context(), f)
		if err != nil {
			return nil, fmt.Errorf("make kernel fault: %w", err)
		}
		s.undoLater(undo)
	}
	return struct{}{}, nil
}

func (s *Server) undoLater(undo func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.undo = append(s.undo, undo)
}
