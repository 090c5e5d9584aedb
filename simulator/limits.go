package simulator

import "time"

// Bounds of what a plan can ask for. A plan that asks for more is refused with
// its place in the file; nothing of it is attempted. Sizes are bounded by strictyaml.MaxSize.
const (
	MaxPlan  = 4 << 20        // bytes of a plan's YAML
	maxDelay = 24 * time.Hour // of sleeps, gaps, waits and every other time
)
