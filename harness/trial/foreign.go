package trial

import (
	"cmp"
	"context"
	"net/http"

	"github.com/badgateway/badgateway/harness/sidecar"
	"github.com/badgateway/badgateway/simulator/faults"
)

// Foreign makes a row for an upstream that is not of this package's making, such as another tool that is compared.
// It has a location of its own, which passes to the port.
func Foreign(name string, n faults.Needs, p faults.Place, port int) Row {
	return Row{&faults.Fault{Name: name, Needs: n}, p, port}
}

// Inside is a pod as it is seen by a process in it: what it asks is the proxy itself.
// The caller configures the proxy and closes the client.
func Inside(client *sidecar.Client, version string) *Pod {
	return &Pod{Version: version, proxy: "127.0.0.1:8080", client: client}
}

// Ask asks for a row whose upstream the caller has started. It first makes the requests that go before, then
// calls between, and looks at the answer of the last one.
func (p *Pod) Ask(ctx context.Context, r Row, between func() error) (seen Seen, err error) {
	for range r.Fault.Needs.Before {
		if _, err := ask(ctx, p.proxy, http.MethodGet, r.path(), 0); err != nil {
			return seen, err
		}
	}
	if err := between(); err != nil {
		return seen, err
	}
	mark, err := p.client.Mark(ctx)
	if err != nil {
		return seen, err
	}
	if seen.Answer, err = ask(ctx, p.proxy, cmp.Or(r.Fault.Needs.Method, http.MethodGet), r.path(), r.Fault.Needs.Body); err != nil {
		return seen, err
	}
	return seen, p.lookAtLog(ctx, r, mark, &seen)
}
