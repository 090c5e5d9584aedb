package drill

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/badgateway/badgateway/harness/scenario"
)

// ProofSteps are what a scenario must hold beyond one drill: the broken state can be made anew, is mended
// a second time, and is mended by each other remedy that it lists.
func ProofSteps() []Step {
	return []Step{
		{"is broken again, byte for byte, after a reset", (*Session).Reset},
		{"is diagnosed as declared a second time", (*Session).Diagnose},
		{"recovers a second time", (*Session).Recover},
		{"recovers after each other remedy", (*Session).Others},
	}
}

// Reset makes the broken state anew in the same pod, whatever a remedy changed, and tells how it differs
// from the one before: the configuration byte for byte, and the symptom.
func (s *Session) Reset(ctx context.Context) (Mismatches, error) {
	if s.Host.Deny != "" || s.Drill.Symptom().Refused != "" || boots(s.Drill) {
		return s.resetPod(ctx)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Upstreams)) {
		if err := s.resetUpstream(ctx, name, s.Upstreams[name]); err != nil {
			return nil, fmt.Errorf("reset %s: %w", name, err)
		}
	}
	if err := s.breakHost(ctx); err != nil {
		return nil, fmt.Errorf("reset: %w", err)
	}
	return s.sameAsBroken(ctx)
}

// resetPod takes another pod: a policy holds from a process's start, and a proxy that has
// taken a configuration keeps it when it refuses the next. Where the machine starts, the proxy is to start, too.
func (s *Session) resetPod(ctx context.Context) (Mismatches, error) {
	if err := s.spare.close(ctx); err != nil { // one that nobody took would stay until the run ends
		return nil, fmt.Errorf("reset: %w", err)
	}
	s.leave()
	s.denied, s.spare = s.Host.Deny != "", nil
	clear(s.ordered)
	pod := s.env.openAhead(ctx, s.env.spec(s.Drill, s.Proxy, s.denied))
	if err := errors.Join(s.up(ctx, pod), pod.close(ctx)); err != nil {
		return nil, fmt.Errorf("reset: %w", err)
	}
	return s.sameAsBroken(ctx)
}

func (s *Session) resetUpstream(ctx context.Context, name string, u scenario.Upstream) error {
	if s.backends[name] != nil {
		run, err := s.declaredRun(u)
		if err != nil {
			return err
		}
		if err := s.serve(ctx, name, run, int64(u.Backend.Memory)); err != nil {
			return err
		}
		return s.await(ctx, name, s.ReadyAt(u))
	}
	plan, err := scenario.PlanText(u.Plan)
	if err != nil {
		return err
	}
	if plan == "" {
		plan = "default: [serve]" // an empty one would keep what a remedy put in force
	}
	_, err = s.client.Upstream(name).Restart(ctx, name, []byte(plan))
	return err
}

func (s *Session) sameAsBroken(ctx context.Context) (Mismatches, error) {
	s.edited = false
	var m Mismatches
	text, err := s.client.Config(ctx)
	if err != nil {
		return nil, err
	}
	if text != s.conf {
		m.add("the configuration as given", "another one, after the reset")
	}
	again, err := s.Symptom(ctx)
	return append(m, again.of("after the reset")...), err
}

// Others carries out each other remedy that the scenario lists, from the broken state, and looks whether it mends it.
func (s *Session) Others(ctx context.Context) (Mismatches, error) {
	var all Mismatches
	for _, c := range s.Also() {
		m, err := s.Reset(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, m...)
		if err := s.change(ctx, c); err != nil {
			return nil, fmt.Errorf("other remedy %q: %w", c.Name(), err)
		}
		if m, err = s.steady(ctx, SteadyProbes); err != nil {
			return nil, err
		}
		all = append(all, m.of("other remedy %q", c.Name())...)
	}
	return all, nil
}
