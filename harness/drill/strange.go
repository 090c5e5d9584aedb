package drill

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/badgateway/badgateway/simulator"
)

// strange lists what a backend saw or did that no plan provides for: a request
// that is none, an exchange that a strict plan does not know, a step without its effect.
func (s *Session) strange(ctx context.Context) (Mismatches, error) {
	var m Mismatches
	for _, name := range s.fakes() {
		page, err := s.client.Upstream(name).Journal(ctx, 0)
		if err != nil {
			return nil, fmt.Errorf("read the journal of %s: %w", name, err)
		}
		if page.Overflow > 0 {
			m.add("a whole journal of "+name, fmt.Sprintf("one without %d entries", page.Overflow))
		}
		for _, e := range page.Entries {
			switch e.Kind {
			case simulator.KindMalformed:
				if s.Upstreams[name].Speaks != "" {
					continue // what the proxy says is no request in its language
				}
				fallthrough
			case simulator.KindUnscripted, simulator.KindFailed:
				m.add("only what the plan of "+name+" provides for", fmt.Sprintf("%s on connection %d, exchange %d: %s %s", e.Kind, e.Conn, e.Exchange, e.Step, e.Text))
			}
		}
	}
	return m, nil
}

// fakes are the upstreams that the simulator plays, sorted.
func (s *Session) fakes() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s.Upstreams)), func(name string) bool { return s.Upstreams[name].Backend != nil })
}
