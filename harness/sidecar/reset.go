package sidecar

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"

	"github.com/badgateway/badgateway/harness/kernel"
	"github.com/badgateway/badgateway/simulator/dns"
)

// sharedFiles are those that all containers of a pod have in common, whoever writes them: Docker
// Engine mounts those of the container that owns the network namespace, which is the sidecar's.
var sharedFiles = []string{"/etc/hosts", "/etc/resolv.conf", "/etc/hostname"}

// census is what a proxy can find in the pod beside its own file system.
type census struct {
	kernel []string
	files  map[string]string
}

func takeCensus() (c census, err error) {
	c.files = map[string]string{}
	for _, name := range sharedFiles {
		text, err := os.ReadFile(name)
		if ignoreMissing(err) != nil {
			return c, err
		}
		c.files[name] = string(text)
	}
	c.kernel, err = kernel.State()
	return c, err
}

// reset makes the pod as it was at the start, after its backends are gone. A proxy that still runs
// becomes as it was when it was first ready. An error says that something is not as it was, and
// that no other drill may find it.
func (s *Server) reset(ctx context.Context) error {
	proxy, gone := s.at(), false
	if err := s.restoreBackends(ctx); err != nil {
		return fmt.Errorf("reset: %w", err)
	}
	if err := until(ctx, func() (bool, error) {
		all, err := processes()
		gone = first(all, proxy.pid) == 0
		return !strangers(all, proxy.pid), err
	}); err != nil {
		return fmt.Errorf("reset: processes of other containers are left: %w", err)
	}
	if err := s.close(); err != nil {
		return fmt.Errorf("reset: %w", err)
	}
	if gone {
		s.forget()
	} else if err := s.restoreProxy(ctx); err != nil {
		return fmt.Errorf("reset: %w", err)
	}
	now, err := takeCensus()
	if err != nil {
		return fmt.Errorf("reset: %w", err)
	}
	if !slices.Equal(now.kernel, s.birth.kernel) {
		return fmt.Errorf("reset: of the kernel there is %q, and was at the start %q", now.kernel, s.birth.kernel)
	}
	for name, text := range s.birth.files {
		if text == now.files[name] {
			continue
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return fmt.Errorf("reset: %w", err)
		}
	}
	return nil
}

// forget is for a proxy whose container was removed.
func (s *Server) forget() {
	s.proxy.Lock()
	defer s.proxy.Unlock()
	s.nginx.Store(nil)
	s.fresh = nil
}

// restoreProxy brings back the configuration of the proxy, has it serve with it, and then all its
// files. It is reloaded, which gives it new workers and takes away all that the configuration
// before had in shared memory, since a zone lives only as long as a configuration names it
// (ngx_init_cycle). What the old workers still do is not waited for.
func (s *Server) restoreProxy(ctx context.Context) error {
	s.proxy.Lock()
	defer s.proxy.Unlock()
	if err := s.fresh.restoreTexts(); err != nil {
		return err
	}
	if err := s.at().replace(ctx, syscall.SIGTERM); err != nil {
		return err
	}
	return s.fresh.restore()
}

// close ends what runs in the pod beside the proxy. A socket in the file system of a proxy that is
// gone is gone, too.
func (s *Server) close() error {
	errs := []error{s.takeBack()}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.upstreams {
		errs = append(errs, ignoreMissing(u.Close()))
	}
	for _, n := range s.names {
		errs = append(errs, n.Close())
	}
	s.upstreams, s.names = map[string]*upstream{}, map[string]*dns.Server{}
	return errors.Join(errs...)
}
