package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/badgateway/badgateway/harness/drill"
	"github.com/badgateway/badgateway/harness/scenario"
)

var _ = register(Group{Name: "drills", Run: drillsAMinute,
	About: `Drills a minute, one after the other, against the shortest script of ` + "`docker`" + ` commands that does the same by hand without any
diagnosis: a network, two containers, a request that fails, an edit, ` + "`nginx -t`" + ` and a reload by exec, a request that succeeds, the removal of all. A drill does more: it
collects evidence, diagnoses, springs every trap and probes three times. Both take turns; the drills are those that wait for no timeout.`})

// every is after how many drills the script has a turn.
const every = 8

// waits tells whether a drill waits for a timeout, or lets time pass.
func waits(d scenario.Drill) bool {
	idle := func(a scenario.Act) bool { return a.Idle > 0 }
	return d.Symptom().After > 0 || slices.ContainsFunc(d.Timeline, idle) || slices.ContainsFunc(d.Probe.Before, idle)
}

func drillsAMinute(ctx context.Context, s *Sheet) error {
	catalogue, err := scenario.Builtin()
	if err != nil {
		return err
	}
	drills := slices.DeleteFunc(catalogue.Drills(), waits)
	env, err := drill.Setup(ctx, drill.Options{Catalogue: catalogue, Drills: drills})
	if err != nil {
		return err
	}
	defer env.Close()
	byHand, err := newScript(env.Proxies[0].Image)
	if err != nil {
		return err
	}
	defer byHand.clean()
	var ours, theirs []time.Duration
	for i, d := range drills {
		session, err := env.Run(ctx, d, env.Proxies[0])
		if err != nil {
			return err
		}
		if !session.Result.Passed {
			return fmt.Errorf("%s: %s", session.Result.Name(), session.Result.Why)
		}
		ours = append(ours, time.Duration(session.Result.Seconds*float64(time.Second)))
		if i%every == 0 {
			took, err := byHand.run(ctx)
			if err != nil {
				return err
			}
			theirs = append(theirs, took)
		}
	}
	mine, hand := medianTime(ours), medianTime(theirs)
	s.Row("median time of a drill", mine.Seconds(), "s", AtMost(0.6))
	s.Row("median time of the script", hand.Seconds(), "s", None)
	s.Row("drills a minute against the script", hand.Seconds()/mine.Seconds(), "x", AtLeast(2.5))
	return nil
}

func medianTime(list []time.Duration) time.Duration {
	return time.Duration(median(list, func(d time.Duration) float64 { return float64(d) }))
}
