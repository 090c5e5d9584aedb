package main

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/badgateway/badgateway/containers"
	"github.com/badgateway/badgateway/harness/sidecar"
)

// sidecarCommand is what runs inside a pod.
func sidecarCommand() *cobra.Command {
	var listen string
	var lease time.Duration
	c := &cobra.Command{
		Use: "sidecar", Short: "Run inside a pod", Hidden: true, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			token := os.Getenv("BADGATEWAY_TOKEN")
			if token == "" {
				return usage(errors.New("sidecar: BADGATEWAY_TOKEN is not set"))
			}
			return environment(sidecar.Serve(c.Context(), listen, token, lease))
		},
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "address of the control API")
	c.Flags().DurationVar(&lease, "lease", 0, "end the pod when its owner was silent for so long; 0 never")
	return c
}

// reapCommand is the guard of a run: it waits for the end of its standard input and removes what the run left.
func reapCommand() *cobra.Command {
	return &cobra.Command{
		Use: "reap OWNER", Short: "Guard a run", Hidden: true, Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			owner, err := containers.ParseOwner(args[0])
			if err != nil {
				return usage(err)
			}
			signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
			return environment(containers.Reap(os.Stdin, owner))
		},
	}
}
