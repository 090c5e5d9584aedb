package sidecar

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/live"
)

// postEvidence collects what an operator on this host could see: the log, the
// configuration, sockets, processes, files, routes and filters, and the backends' own answers.
func (s *Server) postEvidence(r *http.Request) (any, error) {
	c, err := body[Collect](r)
	if err != nil {
		return nil, err
	}
	version, err := s.version(r.Context())
	if err != nil {
		return nil, err
	}
	return live.Collect(r.Context(), live.Options{
		Logs:       []live.LogSource{{Path: LogPath, Offset: c.Since}},
		ConfigPath: ConfigPath,
		Root:       s.root,
		Ignore:     s.own,
		Probe:      c.Probe,
		Version:    version,
	})
}

// version asks the proxy's program once for "nginx version: nginx/1.30.6".
func (s *Server) version(ctx context.Context) (string, error) {
	out, err := s.program(ctx, "-v")
	if err != nil {
		return "", fmt.Errorf("ask the proxy's version: %w", err)
	}
	_, v, _ := strings.Cut(out, "nginx/")
	return strings.TrimSpace(v), nil
}
