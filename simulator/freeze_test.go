package simulator_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/badgateway/badgateway/simulator"
)

// busyPlan draws in every place where a plan can: at accept, per exchange, in sleeps, in loops.
const busyPlan = `
connections:
  - {match: {prob: 0.2}, script: [{sleep: {uniform: {from: 10us, to: 900us}}}, read_head, {respond: {body: early}}, fin]}
exchanges:
  - {match: {prob: 0.15, path: /2*}, script: [rst]}
  - {name: either, match: {any: [{prob: 0.2}, {prob: 0.2}]}, script: [{loop: {times: 3, script: [{sleep: {normal: {mean: 300us, deviation: 200us}}}]}}, {respond: {status: 503}}]}
  - {match: {not: {prob: 0.8}}, script: [{cut_at: {mark: body, plus: 5, then: [flush, fin]}}, {respond: {fill: 100}}]}
  - {match: {exchange: 4+, prob: 0.5}, script: [{sleep: {pareto: {least: 100us, shape: 1.5}, max: 2ms}}, {respond: {fill: 2KiB, chunked: 1KiB}}]}
default: [{sleep: {exponential: {mean: 200us}, max: 1ms}}, serve]`

const busyConnections, busyExchanges = 8, 5

// masked runs a plan under concurrent load and returns its journal by connection, without the order among connections, times
// and what depends on timing: how many wait to be accepted, and how much had arrived when a connection ended.
func masked(t *testing.T, plan string, seed int64) string {
	t.Helper()
	p, err := simulator.ParsePlan("busy.yaml", []byte(plan))
	if err != nil {
		t.Fatal(err)
	}
	srv, err := simulator.New(simulator.Config{Listen: "tcp:127.0.0.1:0", Plan: p, Seed: seed})
	if err == nil {
		err = srv.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var clients sync.WaitGroup
	for range busyConnections { // the order of accept is that of connecting
		c, err := net.Dial("tcp", strings.TrimPrefix(srv.Addr(), "tcp:"))
		if err != nil {
			t.Fatal(err)
		}
		clients.Go(func() { askBusily(c) })
	}
	clients.Wait()
	closed := 0
	_, err = srv.Await(within(t), 0, func(e simulator.Entry) bool {
		closed += strings.Count(e.Kind, simulator.KindClose)
		return closed == busyConnections
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	entries, lost := srv.Journal(0)
	if lost > 0 {
		t.Fatalf("the journal lost %d entries", lost)
	}
	slices.SortStableFunc(entries, func(a, b simulator.Entry) int { return int(a.Conn) - int(b.Conn) })
	var b strings.Builder
	for _, e := range entries {
		e.Seq, e.Time, e.Queue, e.Traffic = 0, time.Time{}, nil, nil
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s\n", line)
	}
	return b.String()
}

// difference is the first line in which two journals differ.
func difference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	n := 0
	for n < min(len(a), len(b))-1 && a[n] == b[n] {
		n++
	}
	return fmt.Sprintf("line %d: got\n%s\nwant\n%s", n+1, a[n], b[n])
}

func askBusily(c net.Conn) {
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(patience))
	r := bufio.NewReader(c)
	for n := range busyExchanges {
		if _, err := fmt.Fprintf(c, "GET /%d HTTP/1.1\r\nHost: app\r\n\r\n", n); err != nil {
			return
		}
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.Close {
			return
		}
	}
}

func TestSameSeedSameJournal(t *testing.T) {
	first := masked(t, busyPlan, 7)
	runs := 100
	if raceEnabled {
		runs = 10 // it finds races in few of them, and each takes it ten times as long
	}
	for run := 2; run <= runs; run++ {
		if again := masked(t, busyPlan, 7); again != first {
			t.Fatalf("run %d differs from the first: %s", run, difference(again, first))
		}
	}
	for _, want := range []string{`"rule":"connections[0]"`, `"rule":"exchanges[0]"`, `"rule":"either"`, `"rule":"exchanges[2]"`, `"rule":"exchanges[3]"`, `"rule":"default"`} {
		if !strings.Contains(first, want) {
			t.Errorf("the run is not busy enough: nothing of %s", want)
		}
	}
	if masked(t, busyPlan, 8) == first {
		t.Error("another seed gives the same journal")
	}
}

// The frozen plan has no chance left: it gives the same journal under any seed, and freezing it again changes nothing.
func TestFreeze(t *testing.T) {
	frozen := frozenBusyPlan(t, 7)
	for _, word := range []string{"prob:", "uniform:", "normal:", "exponential:", "pareto:"} {
		if strings.Contains(frozen, word) {
			t.Errorf("%s is left in the frozen plan", word)
		}
	}
	if got, want := masked(t, frozen, 12345), masked(t, busyPlan, 7); got != want {
		t.Errorf("the frozen plan gives another journal: %s", difference(got, want))
	}
	p, err := simulator.ParsePlan("frozen.yaml", []byte(frozen))
	if err != nil {
		t.Fatal(err)
	}
	srv, err := simulator.New(simulator.Config{Listen: "tcp:127.0.0.1:0", Plan: p})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := srv.Freeze(3, 3); err != nil || string(again) != frozen {
		t.Errorf("frozen twice, %v:\n%s\nwant\n%s", err, again, frozen)
	}
	if _, err := srv.Freeze(1000, 1000); err == nil || !strings.Contains(err.Error(), "100000 exchanges in all") {
		t.Errorf("too many: got %v", err)
	}
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
}

func frozenBusyPlan(t *testing.T, seed int64) string {
	t.Helper()
	p, err := simulator.ParsePlan("busy.yaml", []byte(busyPlan))
	if err != nil {
		t.Fatal(err)
	}
	srv, err := simulator.New(simulator.Config{Listen: "tcp:127.0.0.1:0", Plan: p, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	frozen, err := srv.Freeze(busyConnections, busyExchanges)
	if err != nil {
		t.Fatal(err)
	}
	return string(frozen)
}

// Beyond the numbers that a plan was frozen for, a sleep says so.
func TestFrozenPlanHasAnEnd(t *testing.T) {
	srv := start(t, "tcp:127.0.0.1:0", "http", `default: [{sleep: {drawn: {1: {1: [1ms]}}}}, serve]`)
	c := dial(t, srv)
	for range 2 {
		write(t, c, requestBytes("http", "GET", "/", ""))
		readResponse(t, c, "http")
	}
	if e := await(t, srv, simulator.KindFailed, ""); e.Exchange != 2 || !strings.Contains(e.Text, "no time for turn 0 of exchange 2") {
		t.Errorf("got %+v", e)
	}
}

// The journal has the drawn times; their mean is that of the distribution, and the bounds hold.
func TestDistributionsOfSleeps(t *testing.T) {
	for _, tt := range []struct {
		sleep          string
		least, most    time.Duration
		median, within float64 // in microseconds
	}{
		{"{uniform: {from: 100us, to: 300us}}", 100 * time.Microsecond, 300 * time.Microsecond, 200, 15},
		{"{normal: {mean: 200us, deviation: 30us}}", 0, 500 * time.Microsecond, 200, 10},
		{"{exponential: {mean: 100us}, max: 400us}", 0, 400 * time.Microsecond, 69.3, 12},
		{"{pareto: {least: 50us, shape: 2}, max: 400us}", 50 * time.Microsecond, 400 * time.Microsecond, 70.7, 8},
	} {
		plan := fmt.Sprintf("connections: [{script: [{loop: {times: 400, script: [{sleep: %s}]}}, fin]}]", tt.sleep)
		srv := start(t, "tcp:127.0.0.1:0", "http", plan)
		_, _ = readAll(dial(t, srv))
		var times []float64
		entries, _ := srv.Journal(0)
		for _, e := range entries {
			if e.Step == "sleep" {
				d, err := time.ParseDuration(e.Text)
				if err != nil || d < tt.least || d > tt.most {
					t.Errorf("%s: drew %s, %v", tt.sleep, e.Text, err)
				}
				times = append(times, float64(d.Microseconds()))
			}
		}
		slices.Sort(times)
		if len(times) != 400 || math.Abs(times[200]-tt.median) > tt.within {
			t.Errorf("%s: %d draws with median %v µs, want 400 and %v", tt.sleep, len(times), times[200], tt.median)
		}
	}
}
