package containers

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/testcontainers/testcontainers-go"
)

// ControlPort is where the sidecar serves its control API inside the pod.
const ControlPort = 47190

// PodSpec says what a pod is made of.
type PodSpec struct {
	Image   string // the proxy's image, present locally
	Sidecar string // the sidecar's image, present locally
	// DenyConnect starts the proxy under a policy that answers connect(2), on TCP and on unix sockets, with
	// EACCES, the symptom that SELinux gives a domain that may not connect.
	DenyConnect bool
	// Sysctls are set in the pod's network namespace: net.ipv4.ip_local_port_range.
	Sysctls map[string]string
	// Publish is a port of the proxy that is published on a free port of 127.0.0.1; 0 is none.
	Publish int
	// Share gives the proxy a volume at SocketDir that backends see, too. It goes with the pod.
	Share bool
	// Keep leaves the pod for a person: it has no lease, and only an explicit clean removes it.
	Keep bool
	// Lease is how long the pod outlives the last sign of life of its owner.
	Lease time.Duration
}

// Pod is a proxy's container and the sidecar in its namespaces.
type Pod struct {
	Control   string // base URL of the control API, on 127.0.0.1
	Token     string // bearer token of the control API
	Published string // "127.0.0.1:PORT" of PodSpec.Publish
	Proxy     string // id of the proxy's container
	sidecar   string // id of the sidecar's container
	engine    *Engine
	keep      bool
	shared    bool

	mu  sync.Mutex
	ids []string // guarded by mu
}

// denyConnect is a seccomp profile that takes one call away, with the errno that a security module
// gives. A filter cannot look at the address, so it goes by the address's length: 16, 28 and 110 bytes are
// sockaddr_in, sockaddr_in6 and sockaddr_un.
//
//go:embed deny-connect.json
var denyConnect string

// StartPod starts both containers. The control API may take some more
// milliseconds to answer. With an error nothing is left running.
func (e *Engine) StartPod(ctx context.Context, spec PodSpec) (*Pod, error) {
	token := make([]byte, 16)
	rand.Read(token)
	pod := &Pod{Token: hex.EncodeToString(token), engine: e, keep: spec.Keep, shared: spec.Share}
	if err := pod.start(ctx, spec); err != nil {
		return nil, errors.Join(err, pod.Close(context.WithoutCancel(ctx)))
	}
	return pod, nil
}

// start creates the sidecar's container while the proxy's is starting, which is what takes the time.
func (p *Pod) start(ctx context.Context, spec PodSpec) error {
	proxy, err := p.create(ctx, spec.Image, "proxy", spec, func(h *container.HostConfig) {
		h.PortBindings, h.Sysctls = bindings(spec), spec.Sysctls
		if spec.DenyConnect {
			h.SecurityOpt = []string{"seccomp=" + denyConnect}
		}
	}, append(volumes(spec), testcontainers.WithExposedPorts(ports(spec)...))...)
	if err != nil {
		return fmt.Errorf("create proxy: %w", err)
	}
	p.Proxy = proxy.GetContainerID()
	started := make(chan error, 1)
	go func() { started <- p.startProxy(ctx, proxy, spec) }()
	sidecar, err := p.createSidecar(ctx, spec)
	if err := errors.Join(<-started, err); err != nil {
		return err
	}
	if err := sidecar.Start(ctx); err != nil {
		if state, serr := proxy.State(ctx); serr != nil || !state.Running {
			return fmt.Errorf("start proxy: image %s ended at once; it must run nginx in the foreground", spec.Image)
		}
		return fmt.Errorf("start sidecar: %w", err)
	}
	return nil
}

// volumes is the anonymous one for unix sockets; Docker removes it with its container.
func volumes(spec PodSpec) (list []testcontainers.ContainerCustomizer) {
	if spec.Share {
		list = append(list, testcontainers.WithConfigModifier(func(c *container.Config) { c.Volumes = map[string]struct{}{SocketDir: {}} }))
	}
	return list
}

func (p *Pod) startProxy(ctx context.Context, proxy testcontainers.Container, spec PodSpec) error {
	if err := proxy.Start(ctx); err != nil {
		return fmt.Errorf("start proxy: %w", err)
	}
	return p.addresses(ctx, proxy, spec)
}

func (p *Pod) createSidecar(ctx context.Context, spec PodSpec) (testcontainers.Container, error) {
	share := container.NetworkMode("container:" + p.Proxy)
	c, err := p.create(ctx, spec.Sidecar, "sidecar", spec, func(h *container.HostConfig) {
		h.NetworkMode, h.PidMode = share, container.PidMode(share)
		// /proc/1/root and the proxy's descriptors (SYS_PTRACE), routes and packet filters (NET_ADMIN), and
		// one thread with a root of its own (unshare(2), which the default profile refuses).
		h.CapAdd = []string{"NET_ADMIN", "SYS_PTRACE", "SYS_CHROOT", "KILL"}
		h.SecurityOpt = []string{"seccomp=unconfined", "apparmor=unconfined"}
	}, testcontainers.WithEnv(map[string]string{"BADGATEWAY_TOKEN": p.Token}),
		testcontainers.WithCmd("sidecar", fmt.Sprintf("--listen=:%d", ControlPort), "--lease="+lease(spec).String()))
	if err != nil {
		return nil, fmt.Errorf("create sidecar: %w", err)
	}
	p.sidecar = c.GetContainerID()
	return c, nil
}

func lease(spec PodSpec) time.Duration {
	if spec.Keep {
		return 0
	}
	return spec.Lease
}

func (p *Pod) create(ctx context.Context, image, role string, spec PodSpec, host func(*container.HostConfig), opts ...testcontainers.ContainerCustomizer) (testcontainers.Container, error) {
	labels := maps.Clone(p.engine.owner.labels(role))
	if spec.Keep {
		labels[labelKept] = "1"
	}
	opts = append(opts, testcontainers.WithNoStart(), testcontainers.WithLabels(labels), testcontainers.WithHostConfigModifier(func(h *container.HostConfig) {
		h.AutoRemove = true // the lease ends processes; the Engine removes what they leave
		host(h)
	}))
	c, err := testcontainers.Run(ctx, image, opts...)
	if c != nil {
		p.mu.Lock()
		p.ids = append(p.ids, c.GetContainerID())
		p.mu.Unlock()
	}
	return c, err
}

func ports(spec PodSpec) []string {
	list := []string{fmt.Sprintf("%d/tcp", ControlPort)}
	if spec.Publish != 0 {
		list = append(list, fmt.Sprintf("%d/tcp", spec.Publish))
	}
	return list
}

// bindings publishes on a free port of the loopback address only.
func bindings(spec PodSpec) network.PortMap {
	m := network.PortMap{}
	for _, p := range ports(spec) {
		m[network.MustParsePort(p)] = []network.PortBinding{{HostIP: netip.AddrFrom4([4]byte{127, 0, 0, 1})}}
	}
	return m
}

func (p *Pod) addresses(ctx context.Context, proxy testcontainers.Container, spec PodSpec) error {
	info, err := proxy.Inspect(ctx)
	if err != nil {
		return fmt.Errorf("inspect proxy: %w", err)
	}
	if !info.State.Running {
		return fmt.Errorf("start proxy: it ended at once with status %d", info.State.ExitCode)
	}
	for port, bound := range info.NetworkSettings.Ports {
		if len(bound) == 0 {
			continue
		}
		addr := "127.0.0.1:" + bound[0].HostPort
		switch int(port.Num()) {
		case ControlPort:
			p.Control = "http://" + addr
		case spec.Publish:
			p.Published = addr
		}
	}
	if p.Control == "" {
		return errors.New("start proxy: the control port was not published")
	}
	return nil
}

// Close removes all containers at once. It may be called more than once.
func (p *Pod) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	p.mu.Lock()
	ids := p.ids
	p.ids = nil
	p.mu.Unlock()
	var wg sync.WaitGroup
	errs := make([]error, len(ids))
	for i, id := range ids {
		wg.Go(func() { errs[i] = p.engine.remove(ctx, id) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// drop removes one container of the pod.
func (p *Pod) drop(ctx context.Context, id string) error {
	p.mu.Lock()
	p.ids = slices.DeleteFunc(p.ids, func(other string) bool { return other == id })
	p.mu.Unlock()
	return p.engine.remove(ctx, id)
}
