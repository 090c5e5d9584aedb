package drill

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/badgateway/badgateway/containers"
	"github.com/badgateway/badgateway/harness/sidecar"
)

// Step is one part of a drill, by the sentence that a report prints.
type Step struct {
	Name string
	do   func(*Session, context.Context) (Mismatches, error)
}

// StepResult is what a step came to that could be carried out.
type StepResult struct {
	Name       string
	Mismatches Mismatches
}

// Results are those of the steps that could be carried out, in their order.
func (s *Session) Results() []StepResult { return s.done }

// Steps lists the parts in their order.
func Steps() []Step {
	return []Step{
		{"shows the symptom", (*Session).Symptom},
		{"is diagnosed as declared", (*Session).Diagnose},
		{"keeps the symptom under every trap", (*Session).Traps},
		{"recovers after the proposed remedy", (*Session).Recover},
	}
}

// usualStep bounds one step: the longest waits for some timeouts of a proxy, of a second each.
const usualStep = time.Minute

// Do takes one step and keeps account of it for the result.
func (s *Session) Do(ctx context.Context, step Step) (Mismatches, error) {
	ctx, cancel := context.WithTimeout(ctx, s.env.pace.deadline(usualStep))
	defer cancel()
	m, seen, err := s.measured(ctx, func(ctx context.Context) (Mismatches, error) { return step.do(s, ctx) })
	s.account(step.Name, err != nil || len(m) > 0, seen)
	if err != nil {
		err = fmt.Errorf("%s: %w", step.Name, err)
		s.all = append(s.all, Mismatch{Step: step.Name, Want: "the step carried out", Got: err.Error()})
		return nil, err
	}
	s.done = append(s.done, StepResult{step.Name, m})
	s.all = append(s.all, m.of("%s", step.Name)...)
	return m, nil
}

// WrongScenario is a scenario that cannot be run as it stands. The error begins with its file and line.
type WrongScenario struct {
	Place, Reason string
	said          string // by the proxy's own test
}

func (e *WrongScenario) Error() string { return e.Place + ": " + e.Reason }

// rejected names the file that a person can edit instead of the one in the pod, of which nginx
// says `unknown directive "x" in /etc/nginx/nginx.conf:12`.
func rejected(path string, err *sidecar.Refused) error {
	reason, line, ok := strings.Cut(err.Reason, " in "+sidecar.ConfigPath+":")
	if ok {
		path += ":" + line
	}
	return &WrongScenario{path, "the proxy rejects it: " + reason, err.Reason}
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
