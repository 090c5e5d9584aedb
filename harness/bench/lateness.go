package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/badgateway/badgateway/simulator"
	"golang.org/x/sys/unix"
)

var _ = register(Group{Name: "lateness", Run: lateness,
	About: `How much later than the plan says the step after a delay begins. One connection asks for delays of 1, 2, 5, 10 and 20 ms in turn; the times are those of the
journal, taken on the monotonic clock, so the client's own lateness does not count. Seven rounds of 200 delays; the figure is the median of the rounds' percentiles, which leaves out rounds that
another program disturbed. The same for a bare sleep of the kernel (clock_nanosleep) by a thread of its own, in the same rounds, says what the machine itself adds. The process is
of a real-time class where that is allowed (root), so that the figure is the simulator's and not that of other programs. A delay must never end early.`})

var delays = []time.Duration{1 * time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond}

const delaysEach = 40 // per round

func init() { servers["lateness"] = serveLateness }

// serveLateness measures in a process of its own, and tells the delays as JSON.
func serveLateness(_ <-chan struct{}, _ []string, ready func(string)) error {
	var all lateRounds
	for range rounds {
		late, err := latenesses()
		if err != nil {
			return err
		}
		all.Steps, all.Bare = append(all.Steps, late), append(all.Bare, bareSleeps())
	}
	text, err := json.Marshal(all)
	ready(string(text))
	return err
}

// lateRounds are how much too late each delay of each round ended.
type lateRounds struct{ Steps, Bare [][]time.Duration }

func lateness(ctx context.Context, s *Sheet) error {
	p, err := startProcess(ctx, realtime, "lateness")
	if err != nil {
		return err
	}
	defer p.close()
	var all lateRounds
	if err := json.Unmarshal([]byte(p.said), &all); err != nil {
		return err
	}
	s.Row("p50 of a step after a delay", percentile(all.Steps, 0.50), "µs", None)
	s.Row("p99 of a step after a delay", percentile(all.Steps, 0.99), "µs", AtMost(1000))
	s.Row("p99 of a bare sleep of the kernel", percentile(all.Bare, 0.99), "µs", None)
	s.Row("delays that ended early", float64(early(all.Steps)), "", Exactly(0))
	return nil
}

// percentile is the median over the rounds, in microseconds.
func percentile(all [][]time.Duration, p float64) float64 {
	return median(all, func(late []time.Duration) float64 {
		slices.Sort(late)
		return float64(late[int(p*float64(len(late)-1))]) / float64(time.Microsecond)
	})
}

func early(all [][]time.Duration) (n int) {
	for _, d := range slices.Concat(all...) {
		if d < 0 {
			n++
		}
	}
	return n
}

func bareSleeps() (late []time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for range delaysEach {
		for _, d := range delays {
			begin := time.Now()
			ts := unix.NsecToTimespec(int64(d))
			_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, 0, &ts, nil)
			late = append(late, time.Since(begin)-d)
		}
	}
	return late
}

// latenesses measures one round on one connection.
func latenesses() ([]time.Duration, error) {
	plan := &simulator.Plan{}
	for _, d := range delays {
		plan.Exchanges = append(plan.Exchanges, simulator.On(simulator.Path("/"+d.String()),
			simulator.Sleep(d), simulator.Flush(), simulator.Serve()))
	}
	srv, err := simulator.New(simulator.Config{Listen: "tcp:127.0.0.1:0", Plan: plan})
	if err == nil {
		err = srv.Start()
	}
	if err != nil {
		return nil, err
	}
	defer srv.Close()
	c, err := net.Dial("tcp", strings.TrimPrefix(srv.Addr(), "tcp:"))
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var late []time.Duration
	var seq uint64
	for range delaysEach {
		for _, d := range delays {
			if err := exchange(c, d.String()); err != nil {
				return nil, err
			}
			took, last := between(srv, seq)
			seq, late = last, append(late, took-d)
		}
	}
	return late, nil
}

func exchange(c net.Conn, path string) error {
	if _, err := fmt.Fprintf(c, "GET /%s HTTP/1.1\r\nHost: app\r\n\r\n", path); err != nil {
		return err
	}
	_, err := io.ReadFull(c, make([]byte, len(goodAnswer)))
	return err
}

// goodAnswer is what the simulator answers by default.
const goodAnswer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n"

// between is the time from the journal's entry of a sleep to that of the flush after it.
func between(srv *simulator.Server, since uint64) (took time.Duration, last uint64) {
	entries, _ := srv.Journal(since)
	var begin time.Time
	for _, e := range entries {
		switch e.Step {
		case "sleep":
			begin = e.Time
		case "flush":
			took, last = e.Time.Sub(begin), e.Seq
		}
	}
	return took, last
}
