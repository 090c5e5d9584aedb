package drill

import (
	"context"
	"errors"
	"fmt"

	"github.com/badgateway/badgateway/containers"
	"github.com/badgateway/badgateway/harness/scenario"
	"github.com/badgateway/badgateway/harness/sidecar"
)

// Step is one part of a drill, by the sentence that a report prints.
type Step struct {
	Name string
	Do   func(*Session, context.Context) (Mismatches, error)
}

// Steps lists the parts in their order.
func Steps() []Step {
	return []Step{
		{"shows the symptom", (*Session).Symptom},
		{"is diagnosed as declared", (*Session).Diagnose},
		{"keeps the symptom under every trap", (*Session).Traps},
		{"recovers after the proposed remedy", (*Session).Recover},
	}
}

// Run does one drill from start to end. The error says that it could not be run;
// a drill that ran and did not do as declared has Passed false and says Why.
func (env *Environment) Run(ctx context.Context, d scenario.Drill, p Proxy) (Result, error) {
	s, err := env.Start(ctx, d, p)
	if err != nil {
		return newResult(d, p), err
	}
	all, err := s.steps(ctx)
	err = errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	s.Result.Why = all.String()
	s.Result.Passed = err == nil && len(all) == 0
	return s.Result, err
}

func (s *Session) steps(ctx context.Context) (Mismatches, error) {
	var all Mismatches
	for _, step := range Steps() {
		m, err := step.Do(s, ctx)
		if err != nil {
			return all, fmt.Errorf("%s: %w", s.Result.Name(), err)
		}
		for _, text := range m {
			all.add("%s: %s", step.Name, text)
		}
	}
	return all, nil
}

// rejected names the file that a person can edit instead of the one in the pod.
func rejected(path string, err *sidecar.Refused) error {
	return fmt.Errorf("%s: the proxy rejects it: %s", path, err.Reason)
}

// Clean removes what earlier runs left; it needs no images.
func Clean(ctx context.Context, which containers.Which) (containers.Swept, error) {
	engine, err := connect(ctx, nil)
	if err != nil {
		return containers.Swept{}, err
	}
	defer engine.Close()
	return engine.Sweep(ctx, which)
}
