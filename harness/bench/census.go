package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

type population struct{ goroutines, descriptors int }

// census counts what a server could leave behind. A goroutine that has just been
// told to end needs a moment, so the count is taken when it stands still.
func census() population {
	last := count()
	for range 20 {
		time.Sleep(5 * time.Millisecond)
		now := count()
		if now == last {
			break
		}
		last = now
	}
	return last
}

func count() population {
	entries, _ := os.ReadDir("/proc/self/fd")
	return population{runtime.NumGoroutine(), len(entries)}
}

// memory is what the kernel counts as this process's own, in bytes, after a collection.
func memory() int {
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for in := bufio.NewScanner(bytes.NewReader(status)); in.Scan(); {
		var kib int
		if _, err := fmt.Sscanf(in.Text(), "RssAnon: %d kB", &kib); err == nil {
			return kib << 10
		}
	}
	return 0
}
