package sidecar

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/host"
)

// master is the proxy as the sidecar sees it: the master process of nginx, in another container of the pod.
type master struct {
	pid  int
	root string // its file system
}

// nobody is there before a proxy is; what is looked for in its file system is not found.
var nobody = beside(0)

func beside(pid int) master { return master{pid, fmt.Sprintf("/proc/%d/root", pid)} }

// ready waits until the proxy's master serves with workers of its own, and answers where it is.
func (s *Server) ready(ctx context.Context) (any, error) {
	var m master
	err := until(ctx, func() (bool, error) {
		all, err := processes()
		if err != nil {
			return false, err
		}
		m = nobody
		for _, p := range all {
			if strings.HasPrefix(p.title, "nginx: master") {
				m = beside(p.pid)
			}
		}
		if m == nobody && !strangers(all, 0) {
			return false, refuse("the proxy's container ended at once; its image must run nginx in the foreground")
		}
		return m != nobody && len(m.workers()) > 0 && m.settled(), nil
	})
	var ended *Refused
	if errors.As(err, &ended) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("wait for the proxy to start: there is no nginx master with workers in its container: %w", err)
	}
	return Proxy{PID: m.pid, Root: m.root}, s.meet(m)
}

// meet takes a proxy into account that is ready. The first time its file system is as its image has it.
func (s *Server) meet(m master) error {
	s.proxy.Lock()
	defer s.proxy.Unlock()
	if s.at() == m && s.fresh != nil {
		return nil
	}
	s.nginx.Store(&m)
	if err := s.makeLogRegular(); err != nil {
		return err
	}
	var err error
	s.fresh, err = takeSnapshot(m.root)
	return err
}

// remember keeps what a file of the proxy holds before it is changed, for a reset.
func (s *Server) remember(path string) error {
	if s.fresh == nil {
		return nil
	}
	return s.fresh.remember(filepath.Clean(path))
}

// at is the proxy of the pod.
func (s *Server) at() master {
	if m := s.nginx.Load(); m != nil {
		return *m
	}
	return nobody
}

// process is one of the pod's.
type process struct {
	pid, parent int // the parent is 0 for the first process of a container
	title       string
}

func processes() ([]process, error) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	var all []process
	for _, dir := range dirs {
		title, err := os.ReadFile(dir + "/cmdline")
		if err != nil {
			continue // it ended
		}
		stat, _ := os.ReadFile(dir + "/stat")
		known, err := host.ParseStat(string(stat))
		if err != nil {
			continue
		}
		p := process{parent: known.PPID, title: strings.TrimRight(string(title), "\x00 ")}
		p.pid, _ = strconv.Atoi(filepath.Base(dir))
		all = append(all, p)
	}
	return all, err
}

// strangers reports whether there are processes of other containers than the sidecar's, the backends' and that of known, a
// process of the pod. Ours are the first of the namespace, which reaps, and those below it.
func strangers(all []process, known int) bool {
	known = first(all, known)
	idle := supervisors(all)
	for _, p := range all {
		if p.pid != 1 && p.parent == 0 && p.pid != known && !idle[p.pid] {
			return true
		}
	}
	return false
}

// first is the process with which the container of pid began; 0 when it is gone.
func first(all []process, pid int) int {
	for _, p := range all {
		if p.pid == pid {
			if p.parent == 0 {
				return pid
			}
			return first(all, p.parent)
		}
	}
	return 0
}
