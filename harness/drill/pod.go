package drill

import (
	"context"

	"github.com/badgateway/badgateway/containers"
	"github.com/badgateway/badgateway/harness/sidecar"
)

// Lease is how long a pod of StartPod outlives the last call of its sidecar.
const Lease = lease

// StartPod starts a pod for something else than a drill. The proxy's port is
// published on the loopback address; the caller closes the pod.
func (env *Environment) StartPod(ctx context.Context, p Proxy) (*containers.Pod, error) {
	return env.StartPodWith(ctx, p, nil)
}

// StartPodWith starts such a pod with settings of the kernel that hold in its network namespace.
func (env *Environment) StartPodWith(ctx context.Context, p Proxy, sysctls map[string]string) (*containers.Pod, error) {
	return env.engine.StartPod(ctx, containers.PodSpec{
		Image: p.Image, Sidecar: env.sidecar, Publish: sidecar.ProxyPort, Lease: lease, Sysctls: sysctls,
	})
}
