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

// PodSpec says what a pod is, whatever proxies come and go in it.
type PodSpec struct {
	Sidecar string // the sidecar's image, present locally
	// Sysctls are set in the pod's network namespace: net.ipv4.ip_local_port_range.
	Sysctls map[string]string
	// Publish is a port of the pod that is published on a free port of 127.0.0.1; 0 is none.
	Publish int
	// Keep leaves the pod for a person: it has no lease, and only an explicit clean removes it.
	Keep bool
	// Lease is how long the pod outlives the last sign of life of its owner.
	Lease time.Duration
}

// ProxySpec is the proxy of a pod.
type ProxySpec struct {
	Image string // present locally
	// DenyConnect starts the proxy under a policy that answers connect(2), on TCP and on unix sockets, with
	// EACCES, the symptom that SELinux gives a domain that may not connect.
	DenyConnect bool
	// Share gives the proxy a volume at SocketDir that backends see, too. It goes with the proxy.
	Share bool
}

// Pod is a sidecar, and the containers that come and go in its namespaces: a proxy and its backends.
type Pod struct {
	Control   string // base URL of the control API, on 127.0.0.1
	Token     string // bearer token of the control API
	Published string // "127.0.0.1:PORT" of PodSpec.Publish
	Proxy     string // id of the proxy's container, "" while there is none
	sidecar   string // id of the sidecar's container
	engine    *Engine
	keep      bool
	shared    bool

	mu  sync.Mutex
	ids []string // guarded by mu; of the containers beside the sidecar's
}

// denyConnect is a seccomp profile that takes one call away, with the errno that a security module
// gives. A filter cannot look at the address, so it goes by the address's length: 16, 28 and 110 bytes are
// sockaddr_in, sockaddr_in6 and sockaddr_un.
//
//go:embed deny-connect.json
var denyConnect string

// StartPod starts a sidecar that waits for a proxy. The control API may take some more
// milliseconds to answer. With an error nothing is left running.
func (e *Engine) StartPod(ctx context.Context, spec PodSpec) (*Pod, error) {
	token := make([]byte, 16)
	rand.Read(token)
	pod := &Pod{Token: hex.EncodeToString(token), engine: e, keep: spec.Keep}
	if err := pod.start(ctx, spec); err != nil {
		return nil, errors.Join(fmt.Errorf("start sidecar: %w", err), pod.Close(context.WithoutCancel(ctx)))
	}
	return pod, nil
}

func (p *Pod) start(ctx context.Context, spec PodSpec) error {
	c, err := p.create(ctx, spec.Sidecar, "sidecar", func(h *container.HostConfig) {
		first := true
		h.Init = &first // Docker's own init reaps the processes that other containers leave behind
		h.PortBindings, h.Sysctls = bindings(spec), spec.Sysctls
		// The proxy's file system and descriptors (SYS_PTRACE), routes and packet filters (NET_ADMIN), and
		// one thread with a root of its own (unshare(2), which the default profile refuses).
		h.CapAdd = []string{"NET_ADMIN", "SYS_PTRACE", "SYS_CHROOT", "KILL"}
		h.SecurityOpt = []string{"seccomp=unconfined", "apparmor=unconfined"}
	}, testcontainers.WithEnv(map[string]string{"BADGATEWAY_TOKEN": p.Token}), testcontainers.WithExposedPorts(ports(spec)...),
		testcontainers.WithCmd("sidecar", fmt.Sprintf("--listen=:%d", ControlPort), "--lease="+lease(spec).String()))
	if c != nil {
		p.sidecar = c.GetContainerID()
	}
	if err != nil {
		return err
	}
	if err := c.Start(ctx); err != nil {
		return err
	}
	return p.addresses(ctx, c, spec)
}

// StartProxy starts the proxy of a pod that has none.
func (p *Pod) StartProxy(ctx context.Context, spec ProxySpec) error {
	p.shared = spec.Share
	c, err := p.join(ctx, spec.Image, "proxy", func(h *container.HostConfig) {
		if spec.DenyConnect {
			h.SecurityOpt = []string{"seccomp=" + denyConnect}
		}
	}, volumes(spec)...)
	if c != nil {
		p.Proxy = c.GetContainerID()
	}
	if err == nil {
		err = c.Start(ctx)
	}
	if err != nil {
		return fmt.Errorf("start proxy: %w", err)
	}
	return nil
}

// volumes is the anonymous one for unix sockets; Docker removes it with its container.
func volumes(spec ProxySpec) (list []testcontainers.ContainerCustomizer) {
	if spec.Share {
		list = append(list, testcontainers.WithConfigModifier(func(c *container.Config) { c.Volumes = map[string]struct{}{SocketDir: {}} }))
	}
	return list
}

func lease(spec PodSpec) time.Duration {
	if spec.Keep {
		return 0
	}
	return spec.Lease
}

// join creates a container in the pod's namespaces.
func (p *Pod) join(ctx context.Context, image, role string, host func(*container.HostConfig), opts ...testcontainers.ContainerCustomizer) (*testcontainers.DockerContainer, error) {
	share := container.NetworkMode("container:" + p.sidecar)
	c, err := p.create(ctx, image, role, func(h *container.HostConfig) {
		h.NetworkMode, h.PidMode = share, container.PidMode(share)
		host(h)
	}, opts...)
	if c != nil {
		p.mu.Lock()
		p.ids = append(p.ids, c.GetContainerID())
		p.mu.Unlock()
	}
	return c, err
}

func (p *Pod) create(ctx context.Context, image, role string, host func(*container.HostConfig), opts ...testcontainers.ContainerCustomizer) (*testcontainers.DockerContainer, error) {
	labels := maps.Clone(p.engine.owner.labels(role))
	if p.keep {
		labels[labelKept] = "1"
	}
	opts = append(opts, testcontainers.WithNoStart(), testcontainers.WithLabels(labels), testcontainers.WithHostConfigModifier(func(h *container.HostConfig) {
		h.AutoRemove = true // the lease ends processes; the Engine removes what they leave
		host(h)
	}))
	return testcontainers.Run(ctx, image, opts...)
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

func (p *Pod) addresses(ctx context.Context, sidecar testcontainers.Container, spec PodSpec) error {
	info, err := sidecar.Inspect(ctx)
	if err != nil {
		return fmt.Errorf("inspect: %w", err)
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
		return errors.New("the control port was not published")
	}
	return nil
}

// removal bounds how long containers may take to go.
const removal = 30 * time.Second

// Empty removes the proxy and the backends; the sidecar and the namespaces stay for another proxy.
func (p *Pod) Empty(ctx context.Context) error {
	p.mu.Lock()
	ids := p.ids
	p.ids, p.Proxy = nil, ""
	p.mu.Unlock()
	return p.removeThese(ctx, ids)
}

func (p *Pod) removeThese(ctx context.Context, ids []string) error {
	ctx, cancel := context.WithTimeout(ctx, removal)
	defer cancel()
	return p.engine.removeThese(ctx, ids)
}

// Close removes all containers at once. It may be called more than once.
func (p *Pod) Close(ctx context.Context) error {
	p.mu.Lock()
	ids := p.ids
	if p.sidecar != "" {
		ids = append(ids, p.sidecar)
	}
	p.ids, p.Proxy, p.sidecar = nil, "", ""
	p.mu.Unlock()
	return p.removeThese(ctx, ids)
}

// drop removes one container of the pod.
func (p *Pod) drop(ctx context.Context, id string) error {
	p.mu.Lock()
	p.ids = slices.DeleteFunc(p.ids, func(other string) bool { return other == id })
	p.mu.Unlock()
	return p.engine.remove(ctx, id)
}
