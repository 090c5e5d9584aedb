package sidecar

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/badgateway/badgateway/simulator/dns"
)

// putNames starts the pod's DNS server, or gives the running one another plan.
func (s *Server) putNames(r *http.Request) (any, error) {
	n, err := body[Names](r)
	if err != nil {
		return nil, err
	}
	plan, err := dns.ParsePlan("names", []byte(n.Plan))
	if err != nil {
		return nil, refuse("%v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.names != nil {
		_, err := s.names.SetPlan(plan)
		return struct{}{}, err
	}
	srv, err := dns.New(dns.Config{Listen: n.Listen, Plan: plan})
	if err != nil {
		return nil, refuse("%v", err)
	}
	if err := srv.Start(); err != nil {
		return nil, fmt.Errorf("start the DNS server: %w", err)
	}
	s.names = srv
	return struct{}{}, nil
}

// turnGate opens or shuts UPSTREAM/GATE, or names/GATE.
func (s *Server) turnGate(open, shut string) error {
	who, gate, _ := strings.Cut(open+shut, "/")
	if who == "names" {
		return s.turnNames(gate, open != "")
	}
	u, err := s.upstream(who)
	if err != nil {
		return err
	}
	if open != "" {
		u.Gate(gate).Open()
	} else {
		u.Gate(gate).Shut()
	}
	return nil
}

func (s *Server) turnNames(gate string, open bool) error {
	s.mu.Lock()
	names := s.names
	s.mu.Unlock()
	switch {
	case names == nil:
		return refuse("there is no DNS server")
	case open:
		names.OpenGate(gate)
	default:
		names.ShutGate(gate)
	}
	return nil
}
