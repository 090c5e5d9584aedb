package simulator_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/badgateway/badgateway/simulator"
)

// Servers that come and go beside one another share the directories above their own.
func TestDirectoriesOfNeighbors(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shared", "deeper")
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for range 50 {
				srv, err := simulator.New(simulator.Config{Listen: fmt.Sprintf("unix:%s/%d/app.sock", dir, n)})
				if err == nil {
					err = srv.Start()
				}
				if err != nil {
					t.Error(err)
					return
				}
				if err := srv.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if left, _ := filepath.Glob(dir + "/*"); left != nil {
		t.Errorf("left behind: %v", left)
	}
}
