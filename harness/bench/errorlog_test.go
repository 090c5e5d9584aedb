package bench

import (
	"bytes"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// The generated log is one that nginx could have written, and the same for one seed.
func TestErrorLog(t *testing.T) {
	var a, b bytes.Buffer
	for _, w := range []*bytes.Buffer{&a, &b} {
		if err := newErrorLog(3, 12).write(w, 1<<20); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("one seed wrote two logs")
	}
	upstreams := map[string]bool{}
	stats, err := nginx.Scan(t.Context(), "e", &a, nginx.Sink{Event: func(e evidence.Event) {
		upstreams[strings.Join(strings.SplitN(e.Upstream, "/", 4)[:3], "/")] = true
	}})
	if err != nil || stats.Unrecognized != 0 || stats.Events < stats.Records/3 || stats.Events > stats.Records/2 || len(upstreams) != 12 {
		t.Errorf("got %+v, %d upstreams, %v", stats, len(upstreams), err)
	}
}
