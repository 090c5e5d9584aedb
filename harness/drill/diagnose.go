package drill

import (
	"context"
	"fmt"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/harness/sidecar"
)

// Diagnose collects evidence in the pod and diagnoses from it alone: nothing of
// the scenario's declaration reaches the diagnoser.
func (s *Session) Diagnose(ctx context.Context) (Mismatches, error) {
	var err error
	s.Evidence, err = s.client.Evidence(ctx, sidecar.Collect{Since: s.mark, Probe: true})
	if err != nil {
		return nil, fmt.Errorf("collect evidence: %w", err)
	}
	if s.refusal != "" { // whoever starts the proxy reads it, in a terminal or the service's log
		s.Evidence.Logs = append(s.Evidence.Logs, evidence.Log{Name: "nginx -t", Text: "nginx: [emerg] " + s.refusal + "\n"})
	}
	logs, err := s.backendLogs(ctx)
	if err != nil {
		return nil, fmt.Errorf("collect evidence: %w", err)
	}
	s.Evidence.Texts = append(s.Evidence.Texts, logs...)
	if s.Report, err = diagnoser.Examine(ctx, s.Evidence); err != nil {
		return nil, fmt.Errorf("diagnose: %w", err)
	}
	return s.judge(), nil
}

func (s *Session) judge() Mismatches {
	var m Mismatches
	first := s.first()
	if first == nil {
		m.add(s.Cause, "no finding")
		return m
	}
	s.Result.Diagnosed, s.Result.Certainty = first.Cause, first.Certainty
	if first.Cause != s.Cause {
		m.add(s.Cause, first.Cause+" ("+first.Certainty+")")
	}
	remedy := s.proposed()
	if remedy == nil {
		m.add("the remedy "+s.Drill.Remedy(), "none")
		return m
	}
	s.Result.Remedy = remedy.Action
	if want := s.Drill.Remedy(); remedy.Action != want {
		m.add("the remedy "+want, remedy.Action)
	}
	return m
}

func (s *Session) first() *diagnoser.Finding {
	if s.Report == nil || len(s.Report.Findings) == 0 {
		return nil
	}
	return &s.Report.Findings[0]
}

func (s *Session) proposed() *diagnoser.Remedy {
	first := s.first()
	if first == nil || len(first.Remedies) == 0 {
		return nil
	}
	return &first.Remedies[0]
}
