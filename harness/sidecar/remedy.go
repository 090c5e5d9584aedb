package sidecar

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/host"
	"github.com/badgateway/badgateway/harness/kernel"
)

// actions are the remedies that are carried out inside the pod. An edit comes as a configuration, and what
// a backend does after a start only the engine knows.
var actions = map[string]func(*Server, context.Context, *diagnoser.Params) error{
	diagnoser.ReloadProxy:   func(s *Server, ctx context.Context, _ *diagnoser.Params) error { return s.configure(ctx, Config{}) },
	diagnoser.SetPermission: func(s *Server, _ context.Context, p *diagnoser.Params) error { return s.setPermission(p) },
	diagnoser.RemoveFilter:  func(_ *Server, ctx context.Context, p *diagnoser.Params) error { return removeFilter(ctx, p) },
	diagnoser.RemoveRoute:   func(_ *Server, _ context.Context, p *diagnoser.Params) error { return removeRoute(p) },
}

func (s *Server) postRemedy(r *http.Request) (any, error) {
	remedy, err := body[diagnoser.Remedy](r)
	if err != nil {
		return nil, err
	}
	act := actions[remedy.Action]
	if act == nil {
		return nil, refuse("action %q is not the sidecar's", remedy.Action)
	}
	return struct{}{}, act(s, r.Context(), remedy.Params)
}

func (s *Server) setPermission(p *diagnoser.Params) error {
	if p == nil || p.Path == "" || !filepath.IsAbs(p.Path) {
		return refuse("set permission: an absolute path is needed")
	}
	var errs []error
	if p.Mode != "" {
		mode, err := strconv.ParseUint(p.Mode, 8, 12)
		if err != nil {
			return refuse("set permission: mode %q: %v", p.Mode, err)
		}
		errs = append(errs, os.Chmod(s.path(p.Path), os.FileMode(mode)))
	}
	if p.Group != "" {
		gid, err := s.gid(p.Group)
		if err != nil {
			return err
		}
		errs = append(errs, os.Lchown(s.path(p.Path), -1, gid))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("set permission: %w", err)
	}
	return nil
}

// gid looks a group up in the proxy's own /etc/group; a number is taken as it is.
func (s *Server) gid(group string) (int, error) {
	if n, err := strconv.Atoi(group); err == nil {
		return n, nil
	}
	id, ok := host.GroupID(s.at().root, group)
	if !ok {
		return 0, refuse("set permission: unknown group %q", group)
	}
	return int(id), nil
}

func removeFilter(ctx context.Context, p *diagnoser.Params) error {
	if p == nil || p.Filter == nil {
		return refuse("remove filter: no filter named")
	}
	f := p.Filter
	return kernel.RemoveFilter(f.Family, f.Table, f.Chain, f.Handle)
}

func removeRoute(p *diagnoser.Params) error {
	if p == nil || p.Setting == "" || p.Value == "" {
		return refuse("remove route: a kind and a destination are needed")
	}
	err := kernel.RemoveRoute(p.Setting, p.Value)
	if errors.Is(err, kernel.ErrNoRoute) {
		return refuse("%v", err)
	}
	return err
}
