// Command bench measures what the project promises in figures, for `make bench`.
//
//	bench [-only REGEXP] [-report DIR]    measure, print the table, write bench.json and bench.md
//
// An interrupt ends it with status 130; what was measured until then is written, and said to be not
// all.
//
// It is a program of its own, because what it compares with must not be linked into the badgateway
// command.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/badgateway/badgateway/containers"
	"github.com/badgateway/badgateway/harness/bench"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the second signal ends the program at once
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
	defer context.AfterFunc(ctx, func() {
		fmt.Fprintln(os.Stderr, "bench: interrupted: removing what was started; once more ends it at once")
	})()
	var unsaved error // of the last time
	r := bench.Run(ctx, chosen, os.Stderr, func(r *bench.Report) { unsaved = write(*dir, r) })
	r.Table(os.Stdout)
	if unsaved != nil {
		return 3, unsaved
	}
	return r.Status(), nil
}

// write replaces the files of the report, each as a whole.
func write(dir string, r *bench.Report) error {
	var list, text bytes.Buffer
	r.Markdown(&text)
	return errors.Join(r.JSON(&list), os.MkdirAll(dir, 0o755),
		replace(filepath.Join(dir, "bench.json"), list.Bytes()), replace(filepath.Join(dir, "bench.md"), text.Bytes()))
}

func replace(path string, data []byte) error {
	if err := os.WriteFile(path+".new", data, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
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
	return containers.Reap(os.Stdin, owner)
}
