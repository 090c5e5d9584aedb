package host

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/host/sandbox"
)

func TestProcessesShowEffectiveIDs(t *testing.T) {
	sandbox.Need(t)
	root := proxyRoot(t)
	child := exec.Command("/proc/self/exe", "worker process")
	child.Env = append(os.Environ(), holdEnv+"=1")
	child.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 4101, Gid: 4102, Groups: []uint32{5, 4102}}}
	hold, err := child.StdinPipe()
	must(t, err)
	before := time.Now()
	must(t, child.Start())
	defer func() { _ = hold.Close(); _ = child.Wait() }()

	h := Collect(t.Context(), Options{Root: root}, evidence.HostQuestion{})
	i := slices.IndexFunc(h.Processes, func(p evidence.Process) bool { return p.PID == child.Process.Pid })
	if i < 0 {
		t.Fatal("the process is missing")
	}
	p := h.Processes[i]
	if p.UID != 4101 || p.GID != 4102 || p.User != "nginx" || !slices.Equal(p.Groups, []uint32{5, 4102}) || p.PPID != os.Getpid() {
		t.Errorf("got %+v, want nginx 4101:4102 with groups 5 and 4102, child of %d", p, os.Getpid())
	}
	if after := p.Started.Sub(before); after < -2*clockTick || after > time.Since(before)+2*clockTick {
		t.Errorf("it began %s after it was started", after)
	}
	if !strings.HasSuffix(p.Command, " worker process") || p.State == "" || p.Name == "" {
		t.Errorf("got %+v, want its command line, state and name", p)
	}
}

func TestParseStat(t *testing.T) {
	for _, test := range []struct {
		stat  string
		name  string
		state string
		ppid  int
		fails bool
	}{
		{stat: "12 (nginx) S 1 12 12", name: "nginx", state: "S", ppid: 1},
		{stat: "12 (a) R (b) T 7 12", name: "a) R (b", state: "T", ppid: 7},
		{stat: "12 nginx S 1", fails: true},
		{stat: "12 (nginx) S", fails: true},
		{stat: "12 (nginx) S x", fails: true},
	} {
		got, err := ParseStat(test.stat)
		if (err != nil) != test.fails || !test.fails && (got.Name != test.name || got.State != test.state || got.PPID != test.ppid) {
			t.Errorf("%q: got %+v, %v", test.stat, got, err)
		}
	}
}

// What the kernel does not tell is no time at all.
func TestNoStartIsInvented(t *testing.T) {
	c := &collector{booted: time.Unix(1000, 0)}
	for stat, want := range map[string]time.Time{
		"12 (a b) S 1 12 12 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 250 9 9": time.Unix(1002, 5e8),
		"12 (a) S 1 12 12 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 x 9":       {},
		"12 (a) S 1 12": {},
	} {
		if got := c.started(stat); !got.Equal(want) {
			t.Errorf("%q: got %s, want %s", stat, got, want)
		}
	}
	if got := (&collector{}).started("12 (a) S 1 12 12 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 250 9 9"); !got.IsZero() {
		t.Errorf("got %s without the machine's start", got)
	}
}

func TestParseStatusRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, status := range []string{"Uid:\t1\n", "Gid:\ta\tb\tc\td\n", "Groups:\t1 x\n"} {
		if err := parseStatus(status, &evidence.Process{}); err == nil {
			t.Errorf("%q: got no error", status)
		}
	}
}

// A procfs that shows nothing is said to be unreadable, so that no process is not a fact.
func TestEmptyProcIsUnread(t *testing.T) {
	h := Collect(t.Context(), Options{Proc: t.TempDir()}, evidence.HostQuestion{})
	wantUnread(t, h, "processes", "shows no process")
}
