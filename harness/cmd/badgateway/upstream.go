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
	fault                     string // in place of a plan
	list                      bool
}

func upstreamCommand() *cobra.Command {
	var f upstreamFlags
	c := &cobra.Command{
		Use:   "upstream PLAN.yaml | --fault NAME | --faults",
		Short: "Run the fake backend alone, behind any proxy",
		Long: `Run the fake backend alone, behind any proxy, until Ctrl-C. It does what the plan
or the named fault says; its control API changes the plan, opens gates and tells
the journal.`,
		Example: `  badgateway upstream plan.yaml --listen tcp:127.0.0.1:9000
  badgateway upstream plan.yaml --listen unix:/run/app.sock --protocol fastcgi --journal
  badgateway upstream --fault reset-in-header`,
		Args: f.oneOf,
		RunE: func(c *cobra.Command, args []string) error {
			if f.list {
				return listFaults(c.OutOrStdout())
			}
			return f.run(c, strings.Join(args, ""))
		},
	}
	c.Flags().StringVar(&f.listen, "listen", "tcp:127.0.0.1:9000", "tcp:ADDRESS:PORT or unix:PATH")
	c.Flags().StringVar(&f.protocol, "protocol", "http", strings.Join(simulator.Protocols(), ", "))
	c.Flags().StringVar(&f.control, "control", "127.0.0.1:0", "loopback address of the control API; empty is none")
	c.Flags().StringVar(&f.fault, "fault", "", "run a fault by its name instead of a plan")
	c.Flags().BoolVar(&f.list, "faults", false, "list the named faults")
	c.Flags().Int64Var(&f.seed, "seed", 0, "of all random draws")
	c.Flags().BoolVar(&f.journal, "journal", false, "print the journal, a line of JSON for each entry")
	return c
}

func (f *upstreamFlags) run(c *cobra.Command, file string) error {
	config, err := f.config(file)
	if err != nil {
		return usage(err)
	}
	srv, err := simulator.New(config)
	if err != nil {
		return usage(err)
	}
	if err := srv.Start(); err != nil {
		return environment(err)
	}
	defer srv.Close()
	fmt.Fprintf(c.ErrOrStderr(), "%s: %s on %s\n", config.Name, f.protocol, srv.Addr())
	if f.fault != "" {
		f.announce(c.ErrOrStderr())
	}
	if err := f.serveControl(c, srv); err != nil {
		return err
	}
	if f.journal {
		return follow(c.Context(), srv, c.OutOrStdout())
	}
	<-c.Context().Done()
	return nil
}

// config is that of the plan in the file, or of the named fault.
func (f *upstreamFlags) config(file string) (simulator.Config, error) {
	if f.fault != "" {
		return f.faultConfig()
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return simulator.Config{}, plain(file, err)
	}
	plan, err := simulator.ParsePlan(file, data)
	return simulator.Config{Name: file, Listen: f.listen, Protocol: f.protocol, Plan: plan, Seed: f.seed}, err
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
