package sidecar

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/host"
	"github.com/badgateway/badgateway/harness/late"
)

// postAwait asks the kernel, not the port: a connection of ours would be in the backend's log.
func (s *Server) postAwait(r *http.Request) (any, error) {
	a, err := body[Await](r)
	if err != nil {
		return nil, err
	}
	network, address, _ := strings.Cut(a.Listener, ":")
	if err := until(r.Context(), func() (bool, error) { return host.Listens(network, address) }); err != nil {
		return nil, fmt.Errorf("nothing listens on %s: %w", a.Listener, err)
	}
	if !a.Rest {
		return struct{}{}, nil
	}
	before := activity{"": "not looked at yet"}
	if err := until(r.Context(), func() (bool, error) {
		now, err := s.activity()
		still := now.rests() && maps.Equal(now, before)
		before = now
		return still, err
	}); err != nil {
		return nil, fmt.Errorf("the backend is not done with its start: %w", err)
	}
	return struct{}{}, nil
}

// activity is, for each thread of the backends, its state (proc(5)) and how long it has run.
type activity map[string]string

// restInterval is how long each thread must have rested. A server that starts workers sleeps while
// they start, but they run.
const restInterval = 25 * time.Millisecond

// activity looks at all threads of processes beside the sidecar's and the proxy's, after a while in
// which a thread that runs shows that it does.
func (s *Server) activity() (activity, error) {
	time.Sleep(restInterval)
	all, err := processes()
	if err != nil {
		return nil, err
	}
	proxy := first(all, s.at().pid)
	seen := activity{}
	for _, pid := range others(all) {
		if first(all, pid) == proxy {
			continue
		}
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
		for _, t := range threads {
			stat, _ := os.ReadFile(t + "/stat")
			known, _ := host.ParseStat(string(stat)) // of a thread that ended there is no state, and it does not rest
			ran, _ := os.ReadFile(t + "/schedstat")
			time, _, _ := strings.Cut(string(ran), " ")
			seen[t] = known.State + time
		}
	}
	return seen, nil
}

// rests reports whether every thread sleeps, and would be woken up by something that happens.
func (a activity) rests() bool {
	return !slices.ContainsFunc(slices.Collect(maps.Values(a)), func(state string) bool { return !strings.HasPrefix(state, "S") })
}

// beginWatch measures anew.
func (s *Server) beginWatch() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watch != nil {
		s.watch.End()
	}
	s.watch = late.Start(func() []int {
		all, _ := processes()
		return others(all)
	})
	return nil
}

func (s *Server) endWatch() (m late.Measure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watch != nil {
		m = s.watch.End()
		s.watch = nil
	}
	return m
}

// others are the processes of the pod's other containers, but for those that only start backends.
func others(all []process) (pids []int) {
	idle := supervisors(all)
	for _, p := range all {
		if first(all, p.pid) > 1 && !idle[p.pid] {
			pids = append(pids, p.pid)
		}
	}
	return pids
}
