package drill

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/harness/scenario"
	"github.com/badgateway/badgateway/harness/sidecar"
)

// Recover applies the remedy that the diagnoser proposed and looks whether the steady state is back.
func (s *Session) Recover(ctx context.Context) (Mismatches, error) {
	remedy := s.proposed()
	if remedy == nil {
		return Mismatches{{Want: "a remedy", Got: "none"}}, nil
	}
	if err := s.apply(ctx, *remedy); err != nil {
		var refused *sidecar.Refused
		if errors.As(err, &refused) {
			return Mismatches{{Want: "the remedy " + remedy.Action + " applied", Got: err.Error()}}, nil
		}
		return nil, fmt.Errorf("apply %s: %w", remedy.Action, err)
	}
	m, err := s.steady(ctx, SteadyProbes)
	if err != nil {
		return nil, fmt.Errorf("look at the steady state: %w", err)
	}
	s.Result.Recovered = len(m) == 0
	verified := s.Result.Recovered
	remedy.Verified = &verified
	strange, err := s.strange(ctx)
	return append(m, strange...), err
}

// apply carries a remedy out. Whatever a trap left in the configuration goes away with it.
func (s *Session) apply(ctx context.Context, r diagnoser.Remedy) error {
	if r.Action == diagnoser.EditConfig {
		edited, err := applyEdits(s.conf, r.Edits)
		if err != nil {
			return &sidecar.Refused{Reason: err.Error()}
		}
		s.edited = false
		return s.client.Configure(ctx, sidecar.Config{Files: map[string]string{sidecar.ConfigPath: edited}})
	}
	if r.Action == diagnoser.SetPolicy {
		return s.setPolicy(ctx, r.Params) // in another pod, with the configuration as given
	}
	if s.edited && s.Drill.Symptom().Refused == "" {
		if err := s.configure(ctx, s.conf); err != nil {
			return err
		}
		s.edited = false
	}
	switch r.Action {
	case diagnoser.StartBackend, diagnoser.RestartBackend, diagnoser.ChangeBackend:
		return s.restart(ctx, r.Action, r.Params)
	}
	return s.client.Apply(ctx, r)
}

// restart starts the backend that the remedy names by its address; what it does afterwards the scenario says.
func (s *Session) restart(ctx context.Context, action string, p *diagnoser.Params) error {
	if p == nil {
		return &sidecar.Refused{Reason: action + " names no upstream"}
	}
	var names []string
	for name, u := range s.Upstreams {
		if s.backs(u, p.Upstream) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return &sidecar.Refused{Reason: fmt.Sprintf("nothing in this pod is %q (known: %s)", p.Upstream,
			strings.Join(slices.Sorted(maps.Keys(s.Upstreams)), ", "))}
	}
	for _, name := range names {
		if err := s.restartOne(ctx, action, name); err != nil {
			return err
		}
	}
	return nil
}

// restartOne does what the scenario says of the action. Of one that it does not speak of, a restart brings the
// same backend up again, and a start comes to nothing: it runs already, or cannot.
func (s *Session) restartOne(ctx context.Context, action, name string) error {
	if s.Upstreams[name].Backend != nil {
		return s.rerunBackend(ctx, action, name)
	}
	after, listed := s.Upstreams[name].After[action]
	if !listed && action != diagnoser.RestartBackend {
		return unlisted(action, name)
	}
	plan, err := scenario.PlanText(after)
	if err != nil {
		return err
	}
	_, err = s.client.Upstream(name).Restart(ctx, name, []byte(plan))
	return err
}

// backs reports whether the upstream listens at the address of "http://127.0.0.1:9000" or "fastcgi://unix:/run/app.sock".
func (s *Session) backs(u scenario.Upstream, upstream string) bool {
	_, address, ok := strings.Cut(upstream, "://")
	if !ok {
		address = upstream
	}
	return strings.TrimPrefix(address, "unix:") == u.Listen[s.Transport()]
}

// setPolicy turns on the boolean that the scenario has off: the same world is made in the pod
// whose proxy was started without the policy.
func (s *Session) setPolicy(ctx context.Context, p *diagnoser.Params) error {
	if p == nil || p.Policy != s.Host.Deny || p.Value != "on" {
		return &sidecar.Refused{Reason: fmt.Sprintf("the policy %+v does not decide anything here", p)}
	}
	pod, err := s.spare.take()
	if err != nil {
		return err
	}
	s.leave()
	s.denied = false
	return s.enter(ctx, pod)
}
