package host

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/host/sandbox"
)

// Tests run the test binary as another process: one that only holds what it inherited
// until its standard input ends, or one that collects with fewer rights.
const (
	holdEnv    = "BADGATEWAY_TEST_HOLD"
	collectEnv = "BADGATEWAY_TEST_COLLECT"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(holdEnv) != "":
		_, _ = io.Copy(io.Discard, os.Stdin)
	case os.Getenv(collectEnv) != "":
		var q evidence.HostQuestion
		_ = json.Unmarshal([]byte(os.Getenv(collectEnv)), &q)
		_ = json.NewEncoder(os.Stdout).Encode(Collect(context.Background(), Options{}, q))
	default:
		sandbox.Main(m)
	}
}
