package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/badgateway/badgateway/diagnoser/host"
	"github.com/badgateway/badgateway/harness/sidecar"
)

var _ = register(Group{Name: "nginx", Pod: true, Run: behindNginx,
	About: `One nginx with one worker on a core of its own passes to the simulator, to a second nginx that answers by ` + "`return 200`" + `, and to toxiproxy without toxics in front of
the simulator; all over 64 kept connections, TCP on loopback. Upstreams share another core, and the client has the first. The simulator answers the bytes that the second nginx answers, so that the first one
has the same to read. The proxy's own work is most of what one request costs, so the upstream's part shows
in the processor time of its process; requests/s are a ratio near 1 unless the upstream limits, and show on a shared machine rather who was allowed to run. On a kept connection the simulator makes the
system calls that nginx makes for ` + "`return 200`" + `: one that reads and one that writes for each request, and epoll_wait(2) for several. On two cores the client shares the upstream's.`})

const (
	secondConf = "/etc/nginx/second.conf"
	secondPort = 9002
)

// target is an upstream, and the port at which the first nginx passes to it.
type target struct {
	name string
	port int
	cpu  func() time.Duration
	addr string
}

func behindNginx(ctx context.Context, s *Sheet) error {
	client := inPod()
	defer client.Close()
	proxy, err := client.Ready(ctx)
	if err != nil {
		return err
	}
	second, err := startSecond(ctx, proxy)
	if err != nil {
		return err
	}
	defer second.stop()
	sim, err := startProcess(ctx, onOtherCore, "simulator-as-nginx")
	if err != nil {
		return err
	}
	defer sim.close()
	toxi, err := startProcess(ctx, onOtherCore, "toxiproxy", sim.said)
	if err != nil {
		return err
	}
	defer toxi.close()
	targets := []target{
		{"simulator", 8081, sim.cpu, sim.said},
		{"second nginx", 8082, second.cpu, fmt.Sprintf("127.0.0.1:%d", secondPort)},
		{"toxiproxy and simulator", 8083, func() time.Duration { return toxi.cpu() + sim.cpu() }, toxi.said},
	}
	if err := client.Configure(ctx, sidecar.Config{Files: map[string]string{sidecar.ConfigPath: frontConf(targets)}}); err != nil {
		return err
	}
	return raceBehind(ctx, s, proxy, targets)
}

func raceBehind(ctx context.Context, s *Sheet, proxy sidecar.Proxy, targets []target) error {
	var list []*contender
	for _, t := range targets {
		c, err := load{addr: fmt.Sprintf("127.0.0.1:%d", t.port), request: httpRequest, conns: 64}.dial()
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		defer c.close()
		list = append(list, &contender{name: t.name, client: c, cpu: t.cpu, proxy: func() time.Duration { return cpuOf(workerOf(proxy.PID)) }})
	}
	if err := race(ctx, list...); err != nil {
		return err
	}
	perSecond := func(r rate) float64 { return r.perSecond }
	s.Row("requests/s to simulator against second nginx", ratio(list[0], list[1], perSecond), "x", AtLeast(1))
	s.Row("requests per CPU second against second nginx", ratio(list[1], list[0], func(r rate) float64 { return r.cpu }), "x", None)
	s.Row("requests/s to simulator against toxiproxy before it", ratio(list[0], list[2], perSecond), "x", None)
	for _, c := range list {
		s.Row("requests/s to "+c.name, c.perSecond(), "1/s", None)
		s.Row("CPU per request of "+c.name, c.perRequest(), "µs", None)
		s.Row("CPU per request of the proxy before it", median(c.rates, func(r rate) float64 { return r.proxy }), "µs", None)
	}
	return nil
}

// mask is a core in the form of worker_cpu_affinity.
func mask(core int) string { return "1" + strings.Repeat("0", core) }

func frontConf(targets []target) string {
	var b strings.Builder
	fmt.Fprintf(&b, `worker_processes 1;
worker_cpu_affinity %s;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log warn;

events {
    worker_connections 1024;
}

http {
    access_log off;
    keepalive_requests 1000000000;
`, mask(serverCore()))
	for _, t := range targets {
		fmt.Fprintf(&b, `
    upstream to%[1]d {
        server %[2]s;
        keepalive 128;
        keepalive_requests 1000000000;
    }
    server {
        listen %[1]d;
        location / {
            proxy_pass http://to%[1]d;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }
    }
`, t.port, t.addr)
	}
	return b.String() + "}\n"
}

var secondText = fmt.Sprintf(`worker_processes 1;
daemon off;
pid /run/second.pid;
error_log /var/log/nginx/second.log warn;

events {
    worker_connections 1024;
}

http {
    access_log off;
    keepalive_requests 1000000000;
    default_type text/plain;
    server {
        listen 127.0.0.1:%d;
        return 200 "ok\n";
    }
}
`, secondPort)

// secondNginx is a server of its own in the proxy's file system.
type secondNginx struct{ cmd *exec.Cmd }

func startSecond(ctx context.Context, proxy sidecar.Proxy) (*secondNginx, error) {
	if err := os.WriteFile(proxy.Root+secondConf, []byte(secondText), 0o644); err != nil {
		return nil, err
	}
	program, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", proxy.PID))
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, "-c", secondConf)
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: proxy.Root}
	cmd.Dir, cmd.Stderr = "/", os.Stderr
	if err := onOtherCore(cmd.Start); err != nil {
		return nil, fmt.Errorf("start second nginx: %w", err)
	}
	n := &secondNginx{cmd}
	for limit := time.Now().Add(10 * time.Second); workerOf(cmd.Process.Pid) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			n.stop()
			return nil, fmt.Errorf("start second nginx: it has no worker after 10 s")
		}
	}
	return n, nil
}

func (n *secondNginx) stop() {
	_ = n.cmd.Process.Signal(syscall.SIGTERM)
	_ = n.cmd.Wait()
}

func (n *secondNginx) cpu() time.Duration { return cpuOf(workerOf(n.cmd.Process.Pid)) }

// workerOf is the process id of a master's worker, 0 while there is none.
func workerOf(master int) int {
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, _ := os.ReadFile("/proc/" + e.Name() + "/stat")
		if p, err := host.ParseStat(string(stat)); err == nil && p.PPID == master && p.State != "Z" {
			return pid
		}
	}
	return 0
}

// onOtherCore is for upstreams: neither the proxy's core nor, where there are three, the client's.
func onOtherCore(f func() error) error {
	list := cores()
	return onCore(list[max(len(list)-2, 0)], f)
}
