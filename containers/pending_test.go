package containers

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestBuildsBeginInTheirOrder(t *testing.T) {
	turns := newTurns(1)
	first, second, third := turns.take(), turns.take(), turns.take()
	if !first.first() || second.first() {
		t.Error("not only the first is the first")
	}
	begun := make(chan string, 3)
	begin := func(name string, n *turn) {
		end, err := n.begin(t.Context())
		if err != nil {
			t.Error(err)
			return
		}
		begun <- name
		end()
	}
	go begin("third", third)
	go begin("second", second)
	select {
	case name := <-begun:
		t.Fatalf("the %s began before the first", name)
	case <-time.After(50 * time.Millisecond):
	}
	go begin("first", first)
	for _, want := range []string{"first", "second", "third"} {
		if got := <-begun; got != want {
			t.Errorf("the %s began, want the %s", got, want)
		}
	}
}

func TestATurnThatIsNotNeededHoldsNobodyUp(t *testing.T) {
	turns := newTurns(1)
	first, second := turns.take(), turns.take()
	first.pass()
	first.pass()
	end, err := second.begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := turns.take().begin(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("with no slot and no time: got %v", err)
	}
	end()
}

func TestAPendingImageIsWaitedFor(t *testing.T) {
	p := newPending(Image{Name: "ours", Public: "theirs"})
	if p.Ref != "ours" {
		t.Errorf("got %q, want the name that it will have", p.Ref)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	wrong := errors.New("no")
	p.settle(wrong)
	p.settle(nil)
	if _, err := p.Wait(t.Context()); !errors.Is(err, wrong) || !p.settled() {
		t.Errorf("got %v, want what it was settled with first", err)
	}
}

func TestAGroupIsNamedShortly(t *testing.T) {
	group := []*Pending{{Ref: "badgateway/a:s"}, {Ref: "badgateway/b:s"}, {Ref: "badgateway/c:s"}}
	for n, want := range map[int]string{1: "badgateway/a:s", 2: "badgateway/a:s and b", 3: "badgateway/a:s, b and c"} {
		if got := names(group[:n]); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestReasonsAreGivenOnce(t *testing.T) {
	err := reasons([]error{nil, errSilent, errors.New("other"), errSilent})
	if got := oneLine(err); got != "no registry answered other" {
		t.Errorf("got %q", got)
	}
	if reasons([]error{nil}) != nil {
		t.Error("got a reason out of nothing")
	}
}

func TestAClosedNetworkIsCalledSo(t *testing.T) {
	closed := errors.New(`Get "https://registry.test/v2/": dial tcp: lookup registry.test: no such host`)
	if err := pullError(closed); !errors.Is(err, errSilent) {
		t.Errorf("got %v", err)
	}
	if err := pullError(errors.New("manifest\nunknown")); !strings.Contains(err.Error(), "manifest unknown") {
		t.Errorf("got %v", err)
	}
}

// A run that has swept says so; then the guard does not connect to an Engine, which there is none of here.
func TestTheGuardOfARunThatHasSweptDoesNothing(t *testing.T) {
	t.Setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
	owner, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	if err := Reap(strings.NewReader(swept), owner); err != nil {
		t.Errorf("got %v", err)
	}
	if err := Reap(strings.NewReader(""), owner); !errors.Is(err, ErrUnavailable) {
		t.Errorf("of a run that was killed: got %v, want an attempt to sweep", err)
	}
}
