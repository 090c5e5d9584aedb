package simulator_test

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/simulator"
)

// Close must leave no goroutine, descriptor or socket file, whatever the connections are doing.
func TestCloseLeavesNothing(t *testing.T) {
	endpoints(t, func(t *testing.T, listen, protocol string) {
		goroutines, files := runtime.NumGoroutine(), descriptors(t)
		srv := start(t, listen, protocol, `
connections:
  - {match: {conn: 1}, script: [no_read, hang]}
exchanges:
  - {match: {path: /wait}, script: [{wait: never}]}
  - {match: {path: /sleep}, script: [{sleep: 1h}]}
  - {match: {path: /fill}, script: [{respond: {fill: 1GiB}}]}
  - {match: {path: /drain}, script: [drain]}
  - {match: {path: /dribble}, script: [{dribble: {size: 1, gap: 1h}}, serve]}
  - {match: {path: /flush}, script: [serve, flush]}
idle: {after: 1h, then: fin}
default: [hang]`)
		paths := []string{"/first", "/wait", "/sleep", "/fill", "/drain", "/dribble", "/flush", "/hang"}
		for _, path := range paths {
			c := dial(t, srv)
			defer func() { _ = c.Close() }()
			write(t, c, requestBytes(protocol, "GET", path, ""))
			if path != "/first" {
				await(t, srv, simulator.KindRequest, "")
			}
		}
		dial(t, srv)
		if err := srv.Close(); err != nil {
			t.Fatal(err)
		}
		if path, ok := strings.CutPrefix(listen, "unix:"); ok {
			if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the socket file is left: %v", err)
			}
		}
		for limit := time.Now().Add(patience); runtime.NumGoroutine() > goroutines && time.Now().Before(limit); {
			runtime.Gosched() // a goroutine's last instructions come after it is counted out
		}
		if got := runtime.NumGoroutine(); got > goroutines {
			stacks := make([]byte, 1<<16)
			t.Errorf("%d goroutines, were %d:\n%s", got, goroutines, stacks[:runtime.Stack(stacks, true)])
		}
		if got := descriptors(t) - len(paths) - 1; got > files { // the test's own ends are open still
			t.Errorf("%d descriptors, were %d", got, files)
		}
		if err := srv.Close(); err != nil {
			t.Errorf("closing twice: %v", err)
		}
	})
}

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

func TestMethodsNeedARunningServer(t *testing.T) {
	srv := newServer(t, "tcp:127.0.0.1:0", "http", `{}`)
	for name, f := range map[string]func() error{
		"refuse": srv.Refuse, "resume": srv.Resume, "restart": func() error { return srv.Restart(nil) },
	} {
		if err := f(); err == nil {
			t.Errorf("%s before start: no error", name)
		}
	}
	if _, err := srv.SetPlan(&simulator.Plan{}, simulator.NewConnections); err != nil {
		t.Errorf("a plan can be set before start: %v", err)
	}
}

func TestJournalCountsWhatItLost(t *testing.T) {
	srv, err := simulator.New(simulator.Config{Listen: "tcp:127.0.0.1:0", Journal: 4})
	if err != nil {
		t.Fatal(err)
	}
	for range 9 {
		if _, err := srv.SetPlan(nil, simulator.NewConnections); err != nil {
			t.Fatal(err)
		}
	}
	entries, overflow := srv.Journal(1)
	if len(entries) != 4 || entries[0].Seq != 7 || entries[3].Generation != 10 || overflow != 5 {
		t.Errorf("got %d entries from %d, overflow %d; want 4 from 7, overflow 5", len(entries), entries[0].Seq, overflow)
	}
	if entries, overflow = srv.Journal(10); len(entries) != 0 || overflow != 0 {
		t.Errorf("after the last: got %d entries, overflow %d", len(entries), overflow)
	}
}
