package sidecar

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/badgateway/badgateway/simulator/dns"
)

// putNames starts a DNS server in the pod, or gives the one that runs at that address another plan.
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
	if running := s.names[n.Listen]; running != nil {
		_, err := running.SetPlan(plan)
		return struct{}{}, err
	}
	srv, err := dns.New(dns.Config{Listen: n.Listen, Plan: plan})
	if err != nil {
		return nil, refuse("%v", err)
	}
	if err := srv.Start(); err != nil {
		return nil, fmt.Errorf("start the DNS server: %w", err)
	}
	s.names[n.Listen] = srv
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

// turnNames turns a gate of all DNS servers.
func (s *Server) turnNames(gate string, open bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.names) == 0 {
		return refuse("there is no DNS server")
	}
	for _, names := range s.names {
		if open {
			names.OpenGate(gate)
		} else {
			names.ShutGate(gate)
		}
	}
	return nil
}
