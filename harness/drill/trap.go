package drill

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/harness/scenario"
	"github.com/badgateway/badgateway/harness/sidecar"
)

// Sprung is a trap and what was seen under it.
type Sprung struct {
	scenario.Trap
	Seen sidecar.Seen
	Held bool
}

// Traps springs each trap of the scenario and looks whether the symptom stays.
func (s *Session) Traps(ctx context.Context) (Mismatches, error) {
	var all Mismatches
	for _, t := range s.Drill.Traps() {
		m, err := s.spring(ctx, t)
		if err != nil {
			return nil, fmt.Errorf("spring trap %q: %w", t.Name(), err)
		}
		all = append(all, m.of("trap %q", t.Name())...)
	}
	s.Result.TrapsHeld = len(all) == 0
	return all, nil
}

func (s *Session) spring(ctx context.Context, t scenario.Trap) (Mismatches, error) {
	if err := s.change(ctx, t.Change); err != nil {
		if s.asRefused(err) {
			s.Sprung = append(s.Sprung, Sprung{Trap: t, Held: true})
			return nil, nil
		}
		var refused *sidecar.Refused
		if errors.As(err, &refused) {
			return Mismatches{{Want: "the trap sprung", Got: err.Error()}}, nil
		}
		return nil, err
	}
	o, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	if t.Action == diagnoser.SetPermission {
		err = s.restorePermissions(ctx)
	}
	m := s.compare(o)
	s.Sprung = append(s.Sprung, Sprung{t, o.Seen, len(m) == 0})
	return m, err
}

// change does what a person could do, to the configuration as given.
func (s *Session) change(ctx context.Context, t scenario.Change) error {
	if edits := t.AllEdits(); len(edits) > 0 {
		edited, err := editAll(s.conf, edits)
		if err != nil {
			return &sidecar.Refused{Reason: err.Error()}
		}
		s.edited = true
		return s.client.Configure(ctx, sidecar.Config{Files: map[string]string{sidecar.ConfigPath: edited}})
	}
	if t.File != nil {
		s.edited = false
		if err := s.client.Files(ctx, []scenario.File{*t.File}); err != nil {
			return err
		}
		return s.configure(ctx, s.conf)
	}
	switch t.Action {
	case diagnoser.StartBackend, diagnoser.RestartBackend, diagnoser.ChangeBackend:
		if t.To != nil {
			return s.comeTo(ctx, t.Upstream, t.To)
		}
		return s.restartOne(ctx, t.Action, t.Upstream)
	case diagnoser.ReloadProxy: // of the configuration as given, whatever the trap before this one changed
		s.edited = false
		return s.configure(ctx, s.conf)
	}
	return s.client.Apply(ctx, diagnoser.Remedy{Action: t.Action, Params: &diagnoser.Params{Path: t.Path, Mode: t.Mode}})
}

// comeTo starts an upstream again as the outcome of an action that a change itself declares.
func (s *Session) comeTo(ctx context.Context, name string, to *yaml.Node) error {
	if s.Upstreams[name].Backend != nil {
		return s.rerunAs(ctx, name, to, true)
	}
	plan, err := scenario.PlanText(to)
	if err != nil {
		return err
	}
	_, err = s.client.Upstream(name).Restart(ctx, name, []byte(plan))
	return err
}

// restorePermissions has every backend make its socket anew, with the modes of its plan.
func (s *Session) restorePermissions(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(s.Upstreams)) {
		if err := s.restartSame(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) restartSame(ctx context.Context, name string) error {
	if s.backends[name] != nil {
		if err := s.serveAgain(ctx, name); err != nil {
			return err
		}
		return s.await(ctx, name, s.ReadyAt(s.Upstreams[name]))
	}
	_, err := s.client.Upstream(name).Restart(ctx, name, nil)
	return err
}
