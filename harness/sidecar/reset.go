package sidecar

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/badgateway/badgateway/harness/kernel"
	"github.com/badgateway/badgateway/simulator/dns"
)

// sharedFiles are those that all containers of a pod have in common, whoever writes them: Docker Engine mounts those of
// the container that owns the network namespace, which is the sidecar's.
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

// reset makes the pod as it was at the start, after its other containers are gone. An error says that it is not, and that
// no other drill may find it.
func (s *Server) reset() error {
	if err := until(context.Background(), time.Second, func() (bool, error) {
		all, err := processes()
		return !strangers(all), err
	}); err != nil {
		return fmt.Errorf("reset: processes of other containers are left: %w", err)
	}
	if err := s.close(); err != nil {
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

// close ends what runs in the pod beside the proxy. A socket in the file system of a proxy that is gone is gone, too.
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
	s.nginx.Store(nil)
	s.upstreams, s.names = map[string]*upstream{}, map[string]*dns.Server{}
	return errors.Join(errs...)
}
