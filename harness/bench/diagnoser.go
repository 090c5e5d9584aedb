package bench

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

const aboutDiagnoser = `A generated error log of 1 GiB (seeded; half of its records are of an upstream) is read by a process of its own on one core, in turns with
` + "`grep -c upstream`" + `; the file is in the page cache. The smallest processor time of the rounds counts, user and system, of the whole process with its start:
on a shared machine the wall clock tells of the neighbors. Memory is VmHWM of that process.`

const (
	logSize   = 1 << 30
	logSeed   = 7
	logRounds = 5
)

var _ = register(Group{Name: "diagnoser", About: aboutDiagnoser, Run: diagnoserRows})

func init() {
	servers["scan-log"] = child(func(in *os.File) (string, error) {
		stats, err := nginx.Scan(context.Background(), in.Name(), in, nginx.Sink{
			Like: func(evidence.Event) func(nginx.Repeat) { return func(nginx.Repeat) {} },
		})
		return fmt.Sprint(stats.Events), err
	})
	servers["diagnose-log"] = child(func(in *os.File) (string, error) {
		debug.SetMemoryLimit(diagnoser.MemoryLimit)
		report, err := diagnoser.Diagnose(context.Background(), evidence.Evidence{Logs: []evidence.Log{{Name: in.Name(), Reader: in}}})
		if err != nil {
			return "", err
		}
		return fmt.Sprint(report.Summary.UpstreamErrors), report.WriteText(io.Discard, diagnoser.TextOptions{})
	})
}

// child makes a process that reads one log, and tells what it found and its memory's peak in KiB.
func child(read func(*os.File) (string, error)) func(<-chan struct{}, []string, func(string)) error {
	return func(_ <-chan struct{}, args []string, ready func(string)) error {
		in, err := os.Open(args[0])
		if err != nil {
			return err
		}
		defer in.Close()
		found, err := read(in)
		if err != nil {
			return err
		}
		ready(found + " " + peak())
		return nil
	}
}

// peak is VmHWM of this process in KiB (proc_pid_status(5)).
func peak() string {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "0"
	}
	_, after, _ := bytes.Cut(status, []byte("VmHWM:"))
	return string(bytes.Fields(after)[0])
}

// reading is one process that read a log.
type reading struct {
	cpu   time.Duration
	found int64
	peak  float64 // MiB
}

func diagnoserRows(ctx context.Context, s *Sheet) error {
	dir, err := os.MkdirTemp("", "badgateway-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "error.log")
	s.Logf("writing %d MiB of error log", logSize>>20)
	if err := writeFile(path, newErrorLog(logSeed, 12).write); err != nil {
		return err
	}
	if err := speed(ctx, s, path); err != nil {
		return err
	}
	s.Logf("a million upstreams")
	if err := writeFile(path, newErrorLog(logSeed, 1_000_000).write); err != nil {
		return err
	}
	if err := logMemory(ctx, s, path, "a million upstreams"); err != nil {
		return err
	}
	s.Logf("a line without an end")
	if err := writeFile(path, writeLongLine); err != nil {
		return err
	}
	return logMemory(ctx, s, path, "a line of 1 GiB")
}

func speed(ctx context.Context, s *Sheet, path string) error {
	var scan, whole, grep reading
	for range logRounds {
		for _, one := range []struct {
			best *reading
			name string
			args []string
		}{{&grep, "grep", []string{"-c", "upstream", path}}, {&whole, "", []string{"serve", "diagnose-log", path}}, {&scan, "", []string{"serve", "scan-log", path}}} {
			r, err := readLog(ctx, one.name, one.args...)
			if err != nil {
				return err
			}
			if one.best.cpu == 0 || r.cpu < one.best.cpu {
				*one.best = r
			}
		}
	}
	s.Row("scan of 1 GiB of error log", float64(logSize)/1e9/scan.cpu.Seconds(), "GB/s", AtLeast(1))
	s.Row("whole diagnosis against grep -c upstream", whole.cpu.Seconds()/grep.cpu.Seconds(), "x", AtMost(2))
	s.Row("processor time of the diagnosis", whole.cpu.Seconds(), "s", None)
	s.Row("processor time of grep", grep.cpu.Seconds(), "s", None)
	s.Row("upstream errors told apart from those scanned", float64(whole.found-scan.found), "", Exactly(0))
	s.Row("memory, 1 GiB", whole.peak, "MiB", AtMost(64))
	return nil
}

func logMemory(ctx context.Context, s *Sheet, path, what string) error {
	r, err := readLog(ctx, "", "serve", "diagnose-log", path)
	if err != nil {
		return err
	}
	s.Row("memory, "+what, r.peak, "MiB", AtMost(64))
	s.Row("processor time, "+what, r.cpu.Seconds(), "s", None)
	return nil
}

// readLog runs a command, or this program where it has no name, on the core of servers.
func readLog(ctx context.Context, name string, args ...string) (r reading, err error) {
	if name == "" {
		if name, err = os.Executable(); err != nil {
			return r, err
		}
	}
	var out bytes.Buffer
	cmd := command(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := pinned(cmd.Start); err != nil {
		return r, fmt.Errorf("start %s: %w", name, err)
	}
	if err := cmd.Wait(); err != nil {
		return r, fmt.Errorf("%s %s: %w", filepath.Base(name), strings.Join(args, " "), err)
	}
	r.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	words := strings.Fields(out.String())
	r.found, _ = strconv.ParseInt(words[0], 10, 64)
	if len(words) > 1 {
		kib, _ := strconv.ParseFloat(words[1], 64)
		r.peak = kib / 1024
	}
	return r, nil
}

func writeFile(path string, write func(io.Writer, int64) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := write(f, logSize); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// writeLongLine writes a line that never ends.
func writeLongLine(w io.Writer, size int64) error {
	out := bufio.NewWriterSize(w, 1<<20)
	block := bytes.Repeat([]byte("x upstream "), 1<<10)
	for n := int64(0); n < size; n += int64(len(block)) {
		if _, err := out.Write(block); err != nil {
			return err
		}
	}
	return out.Flush()
}
