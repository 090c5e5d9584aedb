package drill

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
	"github.com/badgateway/badgateway/harness/sidecar"
	"github.com/badgateway/badgateway/simulator"
)

// Record is a drill's result with all that its report shows of it.
type Record struct {
	Result Result `json:"result"`
	Story  Story  `json:"story"`
	// Exhibits are texts by their names: configuration, logs, evidence. A drill that passed has none.
	Exhibits map[string]string `json:"exhibits,omitempty"`
}

// Story is what a person wants to see of a drill, in the order in which it happened.
type Story struct {
	Title     string              `json:"title"`
	Level     string              `json:"level"`
	Told      string              `json:"told"` // what a person on call is told
	Labels    []string            `json:"labels,omitempty"`
	Upstreams []StoryUpstream     `json:"upstreams"`
	Seen      sidecar.Seen        `json:"seen"`   // while it was broken
	Events    []evidence.Event    `json:"events"` // what the proxy logged meanwhile
	Moments   []Moment            `json:"moments"`
	Limits    []Limit             `json:"limits,omitempty"`
	Finding   *diagnoser.Finding  `json:"finding,omitempty"`
	Others    []diagnoser.Finding `json:"others,omitempty"`
	Traps     []StoryTrap         `json:"traps,omitempty"`
	Probes    int                 `json:"probes"` // that were well in a row after the remedy
	Expected  int                 `json:"expected"`
}

// StoryUpstream is one backend and where the proxy looks for it.
type StoryUpstream struct {
	Name      string `json:"name"`
	Address   string `json:"address"`
	Protocol  string `json:"protocol"`
	Transport string `json:"transport"`
}

// Moment is one thing that happened while the client waited.
type Moment struct {
	At    time.Duration `json:"at"` // nanoseconds since the client began
	Where string        `json:"where"`
	What  string        `json:"what"`
}

// Limit is a timeout of the proxy that held for the request.
type Limit struct {
	Directive string        `json:"directive"`
	Value     time.Duration `json:"value"` // nanoseconds
	Set       bool          `json:"set"`   // in the configuration; else it is the proxy's default
}

// StoryTrap is a tempting wrong fix, and what came of it.
type StoryTrap struct {
	Name   string `json:"name"`
	Why    string `json:"why"`
	Status int    `json:"status"`
	Held   bool   `json:"held"`
}

// Record tells the drill. It is complete once the drill is closed.
func (s *Session) Record() Record {
	story := Story{
		Title: s.Title, Level: s.Level, Told: strings.TrimSpace(s.Drill.Story), Labels: s.Drill.Labels(), Seen: s.First.Seen, Events: s.First.Log.Events,
		Moments: s.moments, Limits: limits(s.conf), Finding: s.first(), Expected: s.Probe.Expect.Status,
	}
	for _, name := range slices.Sorted(maps.Keys(s.Upstreams)) {
		story.Upstreams = append(story.Upstreams, StoryUpstream{name, s.Upstreams[name].Listen[s.Transport()], s.Protocol(), s.Transport()})
	}
	if s.Report != nil && len(s.Report.Findings) > 1 {
		story.Others = s.Report.Findings[1:]
	}
	for _, t := range s.Sprung {
		story.Traps = append(story.Traps, StoryTrap{t.Name(), t.Why, t.Seen.Status, t.Held})
	}
	if s.Result.Recovered {
		story.Probes = SteadyProbes
	}
	return Record{s.Result, story, s.exhibits}
}

// witness reads from the journals what the upstreams did while the client waited. The sidecar
// asks and serves, so both sides go by one clock.
func (s *Session) witness(ctx context.Context, seen sidecar.Seen) ([]Moment, error) {
	list := []Moment{{0, "client", "sends the request"}}
	for _, name := range s.fakes() {
		page, err := s.client.Upstream(name).Journal(ctx, 0)
		if err != nil {
			return nil, err
		}
		for _, e := range page.Entries {
			if at, what := e.Time.Sub(seen.Began), happened(e); what != "" && at >= 0 && at <= seen.Took {
				list = append(list, Moment{at, name, what})
			}
		}
	}
	if seen.Header > 0 {
		list = append(list, Moment{seen.Header, "client", "gets the answer's header"})
	}
	list = append(list, Moment{seen.Took, "client", "is done"})
	slices.SortStableFunc(list, func(a, b Moment) int { return int(a.At - b.At) })
	return list, nil
}

// happened puts an entry of the journal in words; empty for what a reader does not miss.
func happened(e simulator.Entry) string {
	switch e.Kind {
	case simulator.KindAccept:
		return "accepts the connection"
	case simulator.KindRequest:
		return "has read " + strings.TrimSpace(e.Method+" "+e.Path)
	case simulator.KindWrite:
		if e.Errno != "" {
			return "cannot write: " + e.Errno
		}
		return "writes"
	case simulator.KindClose:
		who := map[string]string{simulator.ByLocal: "ends the connection", simulator.ByPeer: "sees the proxy end the connection", simulator.ByStop: "is stopped"}[e.By]
		how := map[string]string{simulator.EndFIN: " (FIN)", simulator.EndRST: " (RST)", simulator.EndVanish: " without a word"}[e.End]
		return who + how
	}
	return ""
}

// limits are the timeouts for one request, from the configuration or nginx's defaults
// (ngx_http_proxy_module.c and its siblings: 60 s each).
func limits(conf string) (list []Limit) {
	config, err := nginx.ParseConfig([]evidence.File{{Path: sidecar.ConfigPath, Text: conf}})
	if err != nil || len(config.Passes()) == 0 {
		return nil
	}
	pass := config.Passes()[0]
	for _, what := range []string{"connect", "send", "read"} {
		l := Limit{Directive: pass.Prefix + what + "_timeout", Value: time.Minute}
		if d := config.Effective(pass.Place(), l.Directive); d != nil {
			if value, ok := nginx.Duration(d.Value()); ok {
				l.Value, l.Set = value, true
			}
		}
		list = append(list, l)
	}
	return list
}
