// Command badgateway makes every 502 and 504 happen on purpose behind a real
// proxy, names the cause from the evidence, and proves the fix.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/badgateway/badgateway/containers"
	"github.com/badgateway/badgateway/harness/drill"
)

// Exit statuses. They are part of the interface.
const (
	exitFindings    = 1 // something was found, or a drill did not do as declared
	exitUsage       = 2 // unusable input or usage
	exitEnvironment = 3 // no Docker, no permission, no image; a machine too slow to decide a drill
	exitInterrupted = 130
)

// status is an error that ends the program with a certain exit status; nothing is printed for an empty one.
type status struct {
	code int
	err  error
	// regular says that an interruption is how this is meant to end.
	regular bool
}

func (s *status) Error() string {
	if s.err == nil {
		return ""
	}
	return s.err.Error()
}

func (s *status) Unwrap() error { return s.err }

func usage(err error) error {
	if err == nil {
		return nil
	}
	return &status{code: exitUsage, err: err}
}

func environment(err error) error {
	if err == nil {
		return nil
	}
	return &status{code: exitEnvironment, err: err}
}

func main() {
	drill.IsCommand = true
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second Ctrl-C ends the program at once; the guard cleans up.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx))
}

func run(ctx context.Context) int {
	err := root().ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	var s *status
	if ctx.Err() != nil && !(errors.As(err, &s) && s.regular) {
		fmt.Fprintln(os.Stderr, "badgateway: interrupted")
		return exitInterrupted
	}
	if text := explainError(err); text != "" {
		fmt.Fprintln(os.Stderr, "badgateway: "+text)
	}
	switch {
	case errors.As(err, &s):
		return s.code
	case errors.Is(err, containers.ErrUnavailable):
		return exitEnvironment
	}
	return exitUsage
}

// explainError adds what to do to errors that do not say so themselves.
func explainError(err error) string {
	text := strings.TrimSpace(err.Error())
	if strings.HasPrefix(text, "unknown command") {
		return text + "; see badgateway --help"
	}
	if errors.Is(err, containers.ErrUnavailable) {
		return text + "; start it (systemctl start docker), or set DOCKER_HOST"
	}
	return text
}

func root() *cobra.Command {
	c := &cobra.Command{
		Use:   "badgateway",
		Short: "Make every 502 and 504 happen on purpose, name the cause, prove the fix",
		Long: `badgateway makes every 502 and 504 happen on purpose behind a real proxy, names
the cause from the evidence alone, applies the fix that it proposes, and proves
that the fix works.

Exit status: 0 nothing found or all passed; 1 findings, or a drill failed;
2 unusable input or usage; 3 the environment is missing something (Docker), or
was too slow to decide a drill, and none failed; 130 interrupted.`,
		Version:           build(),
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
	}
	c.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage(fmt.Errorf("%w; see %s --help", err, c.CommandPath()))
	})
	c.AddCommand(scenariosCommand(), diagnoseCommand(), explainCommand(), upstreamCommand(), dnsCommand(), imagesCommand(), cleanCommand(), versionCommand(),
		sidecarCommand(), reapCommand())
	return c
}
