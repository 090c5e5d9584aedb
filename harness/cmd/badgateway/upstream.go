package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/control"
)

type upstreamFlags struct {
	listen, protocol, control string
	seed                      int64
	journal                   bool
}

func upstreamCommand() *cobra.Command {
	var f upstreamFlags
	c := &cobra.Command{
		Use:   "upstream PLAN.yaml",
		Short: "Run the fake backend alone, behind any proxy",
		Long: `Run the fake backend alone, behind any proxy, until Ctrl-C. It does what the plan
says; its control API changes the plan, opens gates and tells the journal.`,
		Example: `  badgateway upstream plan.yaml --listen tcp:127.0.0.1:9000
  badgateway upstream plan.yaml --listen unix:/run/app.sock --protocol fastcgi --journal`,
		Args: exactly(1, "a plan"),
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args[0]) },
	}
	c.Flags().StringVar(&f.listen, "listen", "tcp:127.0.0.1:9000", "tcp:ADDRESS:PORT or unix:PATH")
	c.Flags().StringVar(&f.protocol, "protocol", "http", strings.Join(simulator.Protocols(), ", "))
	c.Flags().StringVar(&f.control, "control", "127.0.0.1:0", "loopback address of the control API; empty is none")
	c.Flags().Int64Var(&f.seed, "seed", 0, "of all random draws")
	c.Flags().BoolVar(&f.journal, "journal", false, "print the journal, a line of JSON for each entry")
	return c
}

func (f *upstreamFlags) run(c *cobra.Command, file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return usage(plain(file, err))
	}
	plan, err := simulator.ParsePlan(file, data)
	if err != nil {
		return usage(err)
	}
	srv, err := simulator.New(simulator.Config{Name: file, Listen: f.listen, Protocol: f.protocol, Plan: plan, Seed: f.seed})
	if err != nil {
		return usage(err)
	}
	if err := srv.Start(); err != nil {
		return environment(err)
	}
	defer srv.Close()
	fmt.Fprintf(c.ErrOrStderr(), "%s: %s on %s\n", file, f.protocol, srv.Addr())
	if err := f.serveControl(c, srv); err != nil {
		return err
	}
	if f.journal {
		return follow(c.Context(), srv, c.OutOrStdout())
	}
	<-c.Context().Done()
	return nil
}

// serveControl serves the control API on loopback only: it asks for no token.
func (f *upstreamFlags) serveControl(c *cobra.Command, srv *simulator.Server) error {
	if f.control == "" {
		return nil
	}
	ln, err := net.Listen("tcp", f.control)
	if err != nil {
		return environment(err)
	}
	if !ln.Addr().(*net.TCPAddr).IP.IsLoopback() {
		ln.Close()
		return usage(fmt.Errorf("control API on %s: only loopback addresses are served", f.control))
	}
	api := &http.Server{Handler: control.NewHandler(srv), ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(c.Context(), func() { api.Close() })
	go api.Serve(ln)
	fmt.Fprintf(c.ErrOrStderr(), "control API: http://%s/v1/\n", ln.Addr())
	return nil
}

// follow prints the journal as it grows, until ctx ends.
func follow(ctx context.Context, srv *simulator.Server, w io.Writer) error {
	enc := json.NewEncoder(w)
	var since uint64
	for {
		e, err := srv.Await(ctx, since, func(simulator.Entry) bool { return true })
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return environment(err)
		}
		since = e.Seq
		if err := enc.Encode(e); err != nil {
			return environment(err)
		}
	}
}
