package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/badgateway/badgateway/simulator"
	"golang.org/x/sys/unix"
)

const hungConnections = 10000

var _ = register(Group{Name: "hung", Run: hung,
	About: `10,000 connections at once, each with a request that the plan lets hang. The simulator runs in a process of its own; its user memory is what the kernel counts as
resident and private (RssAnon of /proc/PID/status) above what the process had before, divided by the connections: heap, stacks and the runtime's own, after a collection. The
clients are bare descriptors of this process. After Close, goroutines, descriptors and socket files of the process are counted again.`})

func init() { servers["hung"] = serveHung }

// serveHung is a simulator in which everything hangs. It reports on itself: after "ready" when it
// listens, after "hung" when all connections hang, and after "closed".
func serveHung(stop <-chan struct{}, args []string, ready func(string)) error {
	before := census()
	srv, err := simulator.New(simulator.Config{Listen: args[0], Protocol: args[1], Journal: 256,
		Plan: &simulator.Plan{Default: simulator.Do(simulator.Hang())}})
	if err == nil {
		err = srv.Start()
	}
	if err != nil {
		return err
	}
	_, addr, _ := strings.Cut(srv.Addr(), ":")
	ready(fmt.Sprintf("%s %d", addr, memory()))
	awaitEntries(srv, 2+3*hungConnections) // plan and endpoint; accept, request and hang of each
	ready(fmt.Sprintf("%d %d", memory(), srv.Status().Connections))
	<-stop
	if err := srv.Close(); err != nil {
		return err
	}
	after := census()
	after.goroutines++ // that which waited for the end of standard input has ended, too
	ready(fmt.Sprintf("%d %d", after.goroutines-before.goroutines, after.descriptors-before.descriptors))
	return nil
}

// awaitEntries waits until so many entries were journaled, of which a short journal keeps the last.
func awaitEntries(srv *simulator.Server, n uint64) {
	for last := uint64(0); last < n; time.Sleep(10 * time.Millisecond) {
		if entries, _ := srv.Journal(last); len(entries) > 0 {
			last = entries[len(entries)-1].Seq
		}
	}
}

func hung(ctx context.Context, s *Sheet) error {
	if err := allowDescriptors(hungConnections + 200); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "badgateway-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, protocol := range []string{"http", "fastcgi"} {
		limit, request := 4.5*1024, httpRequest
		if protocol == "fastcgi" {
			limit, request = 7*1024, fastcgiRequest()
		}
		for _, listen := range []string{"tcp:127.0.0.1:0", "unix:" + filepath.Join(dir, protocol+".sock")} {
			if err := hangAll(ctx, s, listen, protocol, request, limit); err != nil {
				return fmt.Errorf("%s over %s: %w", protocol, listen, err)
			}
		}
	}
	files, err := os.ReadDir(dir)
	s.Row("socket files left after Close", float64(len(files)), "", Exactly(0))
	return err
}

func hangAll(ctx context.Context, s *Sheet, listen, protocol, request string, limit float64) error {
	p, err := startProcess(ctx, pinned, "hung", listen, protocol)
	if err != nil {
		return err
	}
	defer p.close()
	var addr string
	var before, during, open, goroutines, descriptors int
	if _, err := fmt.Sscan(p.said, &addr, &before); err != nil {
		return fmt.Errorf("the server said %q: %w", p.said, err)
	}
	network, _, _ := strings.Cut(listen, ":")
	fds, err := askAll(network, addr, request)
	defer func() {
		for _, fd := range fds {
			_ = unix.Close(fd)
		}
	}()
	if err != nil {
		return err
	}
	if err := p.scan(&during, &open); err != nil {
		return err
	}
	_ = p.in.Close()
	if err := p.scan(&goroutines, &descriptors); err != nil {
		return err
	}
	name := protocol + ", " + network + ": "
	s.Row(name+"connections hung at once", float64(open), "", Exactly(hungConnections))
	s.Row(name+"user memory of each", float64(during-before)/hungConnections, "B", AtMost(limit))
	s.Row(name+"goroutines left after Close", float64(goroutines), "", Exactly(0))
	s.Row(name+"descriptors left after Close", float64(descriptors), "", Exactly(0))
	return nil
}

// askAll opens all connections and sends one request on each.
func askAll(network, addr, request string) (fds []int, err error) {
	for range hungConnections {
		fd, err := patientConnect(network, addr)
		if err != nil {
			return fds, err
		}
		fds = append(fds, fd)
		if _, err := unix.Write(fd, []byte(request)); err != nil {
			return fds, err
		}
	}
	return fds, nil
}

// patientConnect connects again while the accept queue of a unix socket is full.
func patientConnect(network, addr string) (int, error) {
	for limit := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		fd, err := connect(network, addr)
		if !errors.Is(err, unix.EAGAIN) || time.Now().After(limit) {
			return fd, err
		}
	}
}

// allowDescriptors raises the limit of open files, of this process and those that it starts.
func allowDescriptors(n uint64) error {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil || l.Cur >= n {
		return err
	}
	if l.Max < n {
		l.Max = n
	}
	l.Cur = n
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return fmt.Errorf("allow %d open files (ulimit -n): %w", n, err)
	}
	return nil
}
