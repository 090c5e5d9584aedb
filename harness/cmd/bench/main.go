// Command bench measures what the project promises in figures, for `make bench`.
//
//	bench [-only REGEXP] [-report DIR]    measure, print the table, write bench.json and bench.md
//
// It is a program of its own, because what it compares with must not be linked into the badgateway command.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/badgateway/badgateway/containers"
	"github.com/badgateway/badgateway/harness/bench"
	"github.com/badgateway/badgateway/harness/drill"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	status, err := run(ctx, os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	os.Exit(status)
}

func run(ctx context.Context, args []string) (int, error) {
	if len(args) > 1 {
		switch args[0] {
		case "serve":
			return failure(bench.ServeChild(args[1], args[2:]))
		case "sidecar":
			return failure(inside(ctx, args[1:]))
		case "reap":
			return failure(reap(args[1]))
		}
	}
	return measure(ctx, args)
}

func failure(err error) (int, error) {
	if err != nil {
		return 3, err
	}
	return 0, nil
}

func measure(ctx context.Context, args []string) (int, error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	only := flags.String("only", "", "only the groups whose names match this regular expression")
	dir := flags.String("report", "report", "where bench.json and bench.md are written")
	if err := flags.Parse(args); err != nil {
		return 2, nil
	}
	chosen, err := bench.Select(*only)
	if err != nil {
		return 2, err
	}
	bench.Prefer()
	r := bench.Run(ctx, chosen, os.Stderr)
	if ctx.Err() != nil {
		return 130, errors.New("interrupted")
	}
	r.Table(os.Stdout)
	if err := write(*dir, r); err != nil {
		return 3, err
	}
	return r.Status(), nil
}

func write(dir string, r *bench.Report) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(dir, "bench.json"))
	if err != nil {
		return err
	}
	if err := errors.Join(r.JSON(f), f.Close()); err != nil {
		return err
	}
	if f, err = os.Create(filepath.Join(dir, "bench.md")); err != nil {
		return err
	}
	r.Markdown(f)
	return f.Close()
}

// inside is the program as a pod's sidecar.
func inside(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("sidecar", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:0", "address of the control API")
	lease := flags.Duration("lease", 0, "end the pod when its owner was silent for so long")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return bench.ServeInPod(ctx, *listen, *lease)
}

// reap is the program as the guard of a run: it removes what the run left.
func reap(id string) error {
	owner, err := containers.ParseOwner(id)
	if err != nil {
		return err
	}
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	_, _ = io.Copy(io.Discard, os.Stdin)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	_, err = drill.Clean(ctx, containers.Which{Run: owner.Run})
	return err
}
