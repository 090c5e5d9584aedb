package drill

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/badgateway/badgateway/harness/late"
)

func TestTheGovernorGoesByWhatItSees(t *testing.T) {
	floor := runtime.NumCPU()
	for _, tc := range []struct {
		name    string
		limit   int
		wanted  bool
		late    time.Duration
		waiting float64
		want    int
	}{
		{"idle, and somebody waits", floor, true, 0, 0.1, floor + 1},
		{"idle, and nobody waits", floor, false, 0, 0.1, floor},
		{"busy", floor + 3, true, 0, 0.95, floor + 3},
		{"late", 4 * floor, true, 2 * tooLate, 0.1, 3 * floor},
		{"late with as few as there may be", floor, true, time.Second, 1, floor},
		{"as many as there may be", perCore * floor, true, 0, 0, perCore * floor},
	} {
		g := startGovernor(tc.limit, func(int) {})
		g.wanted, g.calm, g.over = tc.wanted, settling, 1
		if got, changed := g.adjust(tc.late, tc.waiting); got != tc.want || changed != (got != tc.limit) {
			t.Errorf("%s: got %d (changed: %t), want %d", tc.name, got, changed, tc.want)
		}
		if got, changed := g.adjust(tc.late, tc.waiting); changed && tc.want != tc.limit {
			t.Errorf("%s: got %d right behind a change", tc.name, got)
		}
		g.stop()
	}
}

func TestAPodThatIsLateCountsAsTheMachine(t *testing.T) {
	g := startGovernor(4*runtime.NumCPU(), func(int) {})
	defer g.stop()
	g.calm = settling
	g.saw(2 * tooLate)
	if got, _ := g.adjust(0, 0); got != 3*runtime.NumCPU() {
		t.Errorf("got %d", got)
	}
}

func TestAPlaceIsWaitedForUntilTheRunEnds(t *testing.T) {
	g := startGovernor(1, func(int) {})
	defer g.stop()
	if !g.acquire(t.Context()) {
		t.Fatal("the first place was not to be had")
	}
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan bool)
	go func() { got <- g.acquire(ctx) }()
	cancel()
	if <-got {
		t.Error("there was a second place")
	}
	g.release()
	if !g.acquire(t.Context()) {
		t.Error("a place that was free again was not to be had")
	}
}

func TestDeadlinesGrowWithTheStartsOfPods(t *testing.T) {
	var p pace
	if got := p.deadline(time.Second); got != 4*time.Second {
		t.Errorf("got %v before anything is known, want 4s", got)
	}
	for _, tc := range []struct{ start, want time.Duration }{
		{usualStart / 2, time.Second}, {3 * usualStart, 3 * time.Second}, {usualStart, 3 * time.Second}, {time.Hour, slowest * time.Second},
	} {
		p.started(tc.start)
		if got := p.deadline(time.Second); got != tc.want {
			t.Errorf("after a start of %v: got %v, want %v", tc.start, got, tc.want)
		}
	}
}

func TestWhatCountsOnALateMachine(t *testing.T) {
	for _, tc := range []struct {
		failed, timed bool
		timer, waited time.Duration
		counts        bool
	}{
		{true, true, 10 * time.Millisecond, 10 * time.Millisecond, true},
		{true, false, 60 * time.Millisecond, 0, false},
		{true, true, 0, 60 * time.Millisecond, false},
		{false, true, 60 * time.Millisecond, time.Second, true},
		{false, true, 300 * time.Millisecond, 0, false},
		{false, false, 300 * time.Millisecond, 0, true},
	} {
		if why := disturbed(tc.failed, tc.timed, measureOf(tc.timer, tc.waited)); (why == "") != tc.counts {
			t.Errorf("failed %t, a timer %v late, waited %v: got %q", tc.failed, tc.timer, tc.waited, why)
		}
	}
}

func measureOf(timer, waited time.Duration) late.Measure {
	return late.Measure{Timer: timer, Waited: waited, Process: "nginx"}
}
