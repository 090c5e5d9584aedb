// Package host collects facts of the machine, container or pod on which the proxy
// runs: listeners, processes, paths, routes and packet-filter rules. It only reads;
// nothing on the host is changed, and nothing is sent but netlink requests.
package host

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"golang.org/x/sys/unix"
)

// Options say where to look.
type Options struct {
	// Root is the proxy's file system: "/proc/PID/root" of the proxy from beside its container; "" means "/".
	Root string
	// Proc is where procfs of the proxy's PID namespace is mounted; "" means "/proc".
	Proc string
	// Ignore lists socket inodes of the observer's own listeners, which are not reported.
	Ignore []uint64
	// Parts narrows what is looked at: "processes", "sockets" (with the processes that hold them),
	// "paths", "routes", "filters", "names"; empty means all.
	Parts []string
}

// Parts are the names of what Collect looks at.
func Parts() []string { return []string{"processes", "sockets", "paths", "routes", "filters", "names"} }

// Collect reads all facts that the question makes worth knowing. Sockets, routes and
// packet filters are those of the network namespace of the calling thread. What cannot
// be read is named in Unread; a part that is empty and not named there is empty.
func Collect(ctx context.Context, opts Options, q evidence.HostQuestion) *evidence.Host {
	if opts.Root == "" {
		opts.Root = "/"
	}
	if opts.Proc == "" {
		opts.Proc = "/proc"
	}
	c := &collector{opts: opts, question: q, host: &evidence.Host{}, booted: bootTime()}
	c.names = readNames(opts.Root, c.unread)
	for i, part := range []func(){c.processes, c.listeners, c.paths, c.routes, c.filters, c.resolution} {
		if !c.wants(Parts()[i]) {
			continue
		}
		if err := ctx.Err(); err != nil {
			c.unread("host", err, "")
			break
		}
		part()
	}
	for _, part := range Parts() {
		for _, source := range unreadAs[part] {
			if !c.wants(part) {
				c.unread(source, errors.New("not asked for"), "")
			}
		}
	}
	return c.host
}

func (c *collector) wants(part string) bool {
	return len(c.opts.Parts) == 0 || slices.Contains(c.opts.Parts, part) || part == "processes" && slices.Contains(c.opts.Parts, "sockets")
}

// unreadAs are the parts' names in the words of Unread.
var unreadAs = map[string][]string{"processes": {"processes"}, "sockets": {"tcp listeners", "unix listeners"}, "paths": {"paths"},
	"routes": {"routes"}, "filters": {"packet filter"}, "names": {"/etc/resolv.conf", "/etc/hosts"}}

type collector struct {
	opts     Options
	question evidence.HostQuestion
	names    names
	booted   time.Time      // the machine
	holders  map[uint64]int // socket inode to the PID that is reported as its holder
	host     *evidence.Host
}

// unread notes a source that could not be read; needs is named only where the error
// is one of missing rights.
func (c *collector) unread(source string, err error, needs string) {
	if !denied(err) {
		needs = ""
	}
	c.host.Unread = append(c.host.Unread, evidence.Unread{Source: source, Why: err.Error(), Needs: needs})
}

func denied(err error) bool {
	return errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES)
}

// pids lists the numbered entries of procfs in ascending order.
func (c *collector) pids() ([]int, error) {
	dirs, err := filepath.Glob(filepath.Join(c.opts.Proc, "[0-9]*"))
	if err != nil {
		return nil, err
	}
	var out []int
	for _, d := range dirs {
		if pid, err := strconv.Atoi(filepath.Base(d)); err == nil {
			out = append(out, pid)
		}
	}
	slices.SortFunc(out, cmp.Compare[int])
	return out, nil
}
