package probe

import (
	"flag"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/host/sandbox"
)

// The tests that run in parallel wait for timeouts and cost no processor: many at a time, whatever
// the number of cores.
func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", "32")
	sandbox.Main(m)
}
