package drill

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/badgateway/badgateway/containers"
	"github.com/badgateway/badgateway/harness/scenario"
	"github.com/badgateway/badgateway/harness/sidecar"
)

// Step is one part of a drill, by the sentence that a report prints.
type Step struct {
	Name string
	do   func(*Session, context.Context) (Mismatches, error)
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
	for _, step := range Steps() {
		if _, err = s.Do(ctx, step); err != nil {
			break
		}
	}
	err = errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	return s.Result, err
}

// stepLimit bounds one step: the longest waits for some timeouts of a proxy, of a second each.
const stepLimit = time.Minute

// Do takes one step and keeps account of it for the result.
func (s *Session) Do(ctx context.Context, step Step) (Mismatches, error) {
	ctx, cancel := context.WithTimeout(ctx, stepLimit)
	defer cancel()
	m, err := step.do(s, ctx)
	if err != nil {
		err = fmt.Errorf("%s: %w", step.Name, err)
		s.all.add("%v", err)
		return nil, err
	}
	s.done++
	for _, text := range m {
		s.all.add("%s: %s", step.Name, text)
	}
	return m, nil
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
