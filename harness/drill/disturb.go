package drill

import (
	"context"
	"fmt"
	"time"

	"github.com/badgateway/badgateway/harness/late"
)

// bearsMismatch is by how much the machine may have been late in a step that did not do as
// declared, so that this still counts: a proxy's timers are set from a clock that is read some
// milliseconds before.
const bearsMismatch = 50 * time.Millisecond

// bearsMatch is the same of a step that did as declared. It is about half of the shortest time by
// which the declarations tell two outcomes apart.
const bearsMatch = 250 * time.Millisecond

// measured takes a step and measures by how much the machine is late meanwhile.
func (s *Session) measured(ctx context.Context, do func(context.Context) (Mismatches, error)) (Mismatches, late.Measure, error) {
	own := late.Start(nil)
	watching := s.client != nil && s.client.Watch(ctx) == nil
	m, err := do(ctx)
	seen := own.End()
	if !watching || s.client == nil {
		return m, seen, err
	}
	// The step may have run out of time: what was measured is asked for all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.env.pace.deadline(usualCall))
	defer cancel()
	inside, werr := s.client.EndWatch(ctx)
	if werr != nil {
		return m, seen, err // another pod took the place of the one that was watched
	}
	inside.Timer = max(inside.Timer, seen.Timer)
	return m, inside, err
}

// usualCall bounds a call to a sidecar that has nothing to wait for.
const usualCall = 5 * time.Second

// disturbed says why what a step came to does not count; "" when it does. A step that did as
// declared counts on any machine where the drill is not about a time. Where it is, the step is
// measured by the sleeps alone: what its processes waited all together is spread over it.
func disturbed(failed, timed bool, seen late.Measure) string {
	switch {
	case failed && seen.Worst() > bearsMismatch:
		return fmt.Sprintf("%v, more than %v", seen, bearsMismatch)
	case !failed && timed && seen.Timer > bearsMatch:
		return fmt.Sprintf("a sleep was %v too long, more than %v", seen.Timer.Round(time.Millisecond), bearsMatch)
	}
	return ""
}

// account keeps what was measured in a step.
func (s *Session) account(step string, failed bool, seen late.Measure) {
	s.Result.Late = max(s.Result.Late, seen.Timer)
	if why := disturbed(failed, s.Pauses() > 0, seen); why != "" && s.Result.Disturbed == "" {
		s.Result.Disturbed = fmt.Sprintf("%s: %s", step, why)
	}
}
