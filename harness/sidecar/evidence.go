package sidecar

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/live"
)

// postEvidence collects what an operator on this host could see: the log, the
// configuration, sockets, processes, files, routes and filters, and the backends' own answers.
func (s *Server) postEvidence(r *http.Request) (any, error) {
	c, err := body[Collect](r)
	if err != nil {
		return nil, err
	}
	proxy := s.at()
	version, err := s.version(r.Context())
	if err != nil {
		return nil, err
	}
	ev, err := live.Collect(r.Context(), live.Options{
		Logs:       []live.LogSource{{Path: LogPath, Offset: c.Since}},
		ConfigPath: ConfigPath,
		Root:       proxy.root,
		Ignore:     s.own,
		Probe:      c.Probe,
		Version:    version,
	})
	if err != nil {
		return nil, err
	}
	all, err := processes()
	if err != nil {
		return nil, err
	}
	idle := supervisors(all)
	ev.Host.Processes = slices.DeleteFunc(ev.Host.Processes, func(p evidence.Process) bool { return idle[p.PID] })
	var unread []evidence.Unread
	ev.Texts, unread = live.Texts(r.Context(), live.TextOptions{Root: proxy.root, Proc: "/proc", Sources: ofPod, Master: proxy.pid, Processes: ev.Host.Processes})
	ev.Host.Unread = append(ev.Host.Unread, unread...)
	return ev, nil
}

// ofPod are the sources that tell of the pod. The others are the machine's, and of whatever else runs on it.
var ofPod = []string{"audit", "limits", "sysctl"}

// version asks the proxy's program once for "nginx version: nginx/1.30.6".
func (s *Server) version(ctx context.Context) (string, error) {
	out, err := s.program(ctx, "-v")
	if err != nil {
		return "", fmt.Errorf("ask the proxy's version: %w", err)
	}
	_, v, _ := strings.Cut(out, "nginx/")
	return strings.TrimSpace(v), nil
}
