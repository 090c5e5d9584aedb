package probe

import (
	"testing"

	"github.com/badgateway/badgateway/diagnoser/host/sandbox"
)

func TestMain(m *testing.M) { sandbox.Main(m) }
