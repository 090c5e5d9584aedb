package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"time"
)

// watchMemory looks ten times a second at what memory is available. The function that it returns ends
// that and says by how much it fell at most, in MiB.
func watchMemory() (fell func() float64) {
	first := available()
	least, stop := make(chan int, 1), make(chan struct{})
	go func() {
		now := first
		for {
			select {
			case <-stop:
				least <- now
				return
			case <-time.After(100 * time.Millisecond):
				now = min(now, available())
			}
		}
	}()
	return func() float64 {
		close(stop)
		return float64(first-<-least) / 1024
	}
}

// available is MemAvailable of proc_meminfo(5) in KiB.
func available() (kib int) {
	text, _ := os.ReadFile("/proc/meminfo")
	for in := bufio.NewScanner(bytes.NewReader(text)); in.Scan(); {
		if _, err := fmt.Sscanf(in.Text(), "MemAvailable: %d kB", &kib); err == nil {
			break
		}
	}
	return kib
}
