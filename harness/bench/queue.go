package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/host"
	"github.com/badgateway/badgateway/simulator"
)

var _ = register(Group{Name: "queue", Run: queues,
	About: `The accept queue that a plan declares, by the kernel's own figure. A plan with ` + "`backlog: n`" + ` and ` + "`fill_queue`" + ` must leave n+1
connections in the queue and let no further one in. The depth is what SOCK_DIAG reports of the listening socket (inet_diag and unix_diag, udiag_rqueue), asked apart from
the simulator's own check.`})

func queues(ctx context.Context, s *Sheet) error {
	dir, err := os.MkdirTemp("", "badgateway-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, network := range []string{"tcp", "unix"} {
		for _, n := range []int{0, 1, 5} {
			listen := "tcp:127.0.0.1:0"
			if network == "unix" {
				listen = "unix:" + filepath.Join(dir, fmt.Sprintf("%d.sock", n))
			}
			depth, err := queueDepth(ctx, listen, n)
			if err != nil {
				return err
			}
			s.Row(fmt.Sprintf("connections in a %s queue of %d", network, n), float64(depth), "", Exactly(float64(n+1)))
		}
	}
	return nil
}

// queueDepth fills a queue and asks the kernel how many connections lie in it.
func queueDepth(ctx context.Context, listen string, n int) (int, error) {
	srv, err := simulator.New(simulator.Config{Listen: listen, Plan: &simulator.Plan{Endpoint: simulator.Endpoint{Backlog: &n, FillQueue: true}}})
	if err == nil {
		err = srv.Start()
	}
	if err != nil {
		return 0, err
	}
	defer srv.Close()
	_, addr, _ := strings.Cut(srv.Addr(), ":")
	for _, l := range host.Collect(ctx, host.Options{}, evidence.HostQuestion{}).Listeners {
		if l.Address == addr {
			return int(l.Queue), nil
		}
	}
	return 0, fmt.Errorf("the kernel does not show a listener at %s", addr)
}
