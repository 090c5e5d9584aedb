package simulator

import (
	"fmt"
	"time"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

// Bounds of what a plan can ask for. A plan that asks for more is refused with its place in the file; nothing of it is attempted.
// Each size is bounded by strictyaml.MaxSize (1 GiB), each time by strictyaml.MaxDuration (24 h), an accept queue by 65535,
// and what all scripts compile to by budget.
const (
	MaxPlan   = 4 << 20 // bytes of a plan's YAML
	MaxRules  = 1000    // of connections, and of exchanges
	MaxSteps  = 1000    // of one list of steps
	MaxFields = 1000    // header lines of one step

	maxDelay = strictyaml.MaxDuration
)

// checkCount refuses lists that are longer than anybody writes.
func checkCount(d *strictyaml.Decoder, node *yaml.Node, n, limit int, of string) error {
	if n > limit {
		return d.Errorf(node, "%d %s are above the limit of %d", n, of, limit)
	}
	return nil
}

func checkDelay(name string, d time.Duration) error {
	if d < 0 || d > maxDelay {
		return fmt.Errorf("%s: %s is not between 0 and %s", name, d, maxDelay)
	}
	return nil
}
