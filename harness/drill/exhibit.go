package drill

import (
	"context"
	"encoding/json"
	"fmt"
)

// Exhibits are what a person asks for when a drill did not do as declared, by
// their names. What cannot be had any more is left out.
func (s *Session) Exhibits(ctx context.Context) map[string]string {
	all := map[string]string{}
	if text, err := s.client.Config(ctx); err == nil {
		all["configuration"] = text
	}
	if log, err := s.client.Log(ctx, 0); err == nil {
		all["error log"] = log.Text
	}
	for name, b := range s.backends {
		if log, err := b.Log(ctx); err == nil {
			all["log of "+name] = log
		}
	}
	for _, name := range s.fakes() {
		if page, err := s.client.Upstream(name).Journal(ctx, 0); err == nil {
			all["journal of "+name] = indented(page)
		}
	}
	if s.Report != nil {
		all["diagnosis"] = indented(s.Report)
		all["evidence"] = indented(struct{ Host, Probes any }{s.Evidence.Host, s.Evidence.Probes})
	}
	return all
}

// showAll keeps the exhibits of a drill that will not pass. It is called before the pod is given back.
func (s *Session) showAll(ctx context.Context) {
	if s.client != nil && (len(s.all) > 0 || len(s.done) < s.steps || s.Result.Disturbed != "") {
		s.exhibits = s.Exhibits(ctx)
	}
}

func indented(v any) string {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Sprint(err)
	}
	return string(text)
}
