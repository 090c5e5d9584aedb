package drill

import (
	"context"
	"slices"

	"github.com/badgateway/badgateway/harness/scenario"
	"github.com/badgateway/badgateway/harness/sidecar"
)

// act does the steps of a timeline.
func (s *Session) act(ctx context.Context, acts []scenario.Act) error {
	rest, err := s.lead(ctx, acts)
	if err != nil || len(rest) == 0 {
		return err
	}
	_, err = s.client.Probe(ctx, sidecar.Look{Before: rest, Tag: s.tag})
	return err
}

// lead does the steps up to the last one that is the engine's own, and returns those behind it: the sidecar
// does them in one go with the request that follows.
func (s *Session) lead(ctx context.Context, acts []scenario.Act) ([]scenario.Act, error) {
	for {
		i := slices.IndexFunc(acts, engines)
		if i < 0 {
			return acts, nil
		}
		if i > 0 {
			if _, err := s.client.Probe(ctx, sidecar.Look{Before: acts[:i], Tag: s.tag}); err != nil {
				return nil, err
			}
		}
		if err := s.own(ctx, acts[i]); err != nil {
			return nil, err
		}
		acts = acts[i+1:]
	}
}

// engines tells whether a step is the engine's: real backends are not the sidecar's.
func engines(a scenario.Act) bool { return a.Boot != "" || a.Await != "" }

func (s *Session) own(ctx context.Context, a scenario.Act) error {
	if a.Await != "" {
		return s.await(ctx, a.Await, s.Listen(s.Upstreams[a.Await]))
	}
	if err := s.serveAgain(ctx, a.Boot); err != nil || !s.ordered[a.Boot] {
		return err
	}
	return s.await(ctx, a.Boot, s.Listen(s.Upstreams[a.Boot]))
}

// boots tells whether the machine starts in the drill: processes that live since then are part of its evidence.
func boots(d scenario.Drill) bool {
	return slices.ContainsFunc(slices.Concat(d.Timeline, d.Probe.Before), func(a scenario.Act) bool { return a.Boot != "" })
}
