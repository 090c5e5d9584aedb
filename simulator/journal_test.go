package simulator

import (
	"runtime"
	"testing"
)

// Whoever waits sees each entry, also those that a short journal no longer has when it looks.
func TestAwaitMissesNothing(t *testing.T) {
	j := &journal{limit: 4}
	found := make(chan Entry)
	go func() {
		e, err := j.await(t.Context(), 0, func(e Entry) bool { return e.Conn == 500 })
		if err != nil {
			t.Error(err)
		}
		found <- e
	}()
	for waiting := 0; waiting == 0; runtime.Gosched() {
		j.mu.Lock()
		waiting = len(j.waiters)
		j.mu.Unlock()
	}
	for n := range uint64(1000) {
		j.add(&Entry{Conn: n})
	}
	if e := <-found; e.Conn != 500 || e.Seq != 501 {
		t.Errorf("got %+v", e)
	}
	if len(j.waiters) != 0 {
		t.Error("the waiter is still there")
	}
}
