package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/control"
)

type upstreamFlags struct {
	listen, protocol, control string
	tokenFile, freeze         string
	seed                      int64
	journal                   bool
	fault                     string // in place of a plan
	list, steps               bool
}

func upstreamCommand() *cobra.Command {
	var f upstreamFlags
	c := &cobra.Command{
		Use:   "upstream PLAN.yaml | --fault NAME | --faults | --steps",
		Short: "Run the fake backend alone, behind any proxy",
		Long: `Run the fake backend alone, behind any proxy, until Ctrl-C. It does what the plan
or the named fault says. Ctrl-C ends all connections and removes the socket's file.

A plan says what each connection and each request meets; simulator/README.md
tells how to write one. The shortest is: default: [hang]

The control API changes the plan, opens gates, breaks the endpoint, closes
connections, and tells the journal and counters for Prometheus (/v1/metrics). It
is served on loopback unless --control says otherwise; then --token-file is
needed, and clients send "Authorization: Bearer TOKEN".

The same --seed gives the same random draws, whatever the load. --freeze prints
the plan with each of them resolved, for a bug report that repeats.`,
		Example: `  badgateway upstream plan.yaml --listen tcp:127.0.0.1:9000
  badgateway upstream plan.yaml --listen unix:/run/app.sock --protocol fastcgi --journal
  badgateway upstream --fault reset-in-header
  badgateway upstream plan.yaml --control 0.0.0.0:9090 --token-file token
  badgateway upstream plan.yaml --seed 7 --freeze 10x5 > frozen.yaml
  curl -X PUT --data-binary @other.yaml 'http://127.0.0.1:9090/v1/plan?scope=open'
  curl -N -H 'Accept: application/x-ndjson' http://127.0.0.1:9090/v1/journal`,
		Args: f.oneOf,
		RunE: func(c *cobra.Command, args []string) error {
			if f.list {
				return listFaults(c.OutOrStdout())
			}
			if f.steps {
				return listSteps(c.OutOrStdout())
			}
			return f.run(c, strings.Join(args, ""))
		},
	}
	c.Flags().StringVar(&f.listen, "listen", "tcp:127.0.0.1:9000", "tcp:ADDRESS:PORT or unix:PATH")
	c.Flags().StringVar(&f.protocol, "protocol", "http", strings.Join(simulator.Protocols(), ", "))
	c.Flags().StringVar(&f.control, "control", "127.0.0.1:0", "ADDRESS:PORT of the control API, port 0 takes a free one; empty is none")
	c.Flags().StringVar(&f.tokenFile, "token-file", "", "file whose first line clients of the control API must send as token")
	c.Flags().StringVar(&f.freeze, "freeze", "", "print the plan without chance for CONNECTIONSxEXCHANGES, and end")
	c.Flags().StringVar(&f.fault, "fault", "", "run a fault by its name instead of a plan")
	c.Flags().BoolVar(&f.list, "faults", false, "list the named faults")
	c.Flags().BoolVar(&f.steps, "steps", false, "list what plans are made of: steps, matches and marks")
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
	if f.freeze != "" {
		return f.writeFrozen(c.OutOrStdout(), srv)
	}
	if err := srv.Start(); err != nil {
		return environment(err)
	}
	defer srv.Close()
	fmt.Fprintf(c.ErrOrStderr(), "%s: %s on %s\n", config.Name, f.protocol, srv.Addr())
	if f.fault != "" {
		f.announce(c.ErrOrStderr())
		if err := f.serveNames(c.Context(), c.ErrOrStderr()); err != nil {
			return err
		}
	}
	stop, err := f.serveControl(c, srv)
	if err != nil {
		return err
	}
	defer stop()
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
	if err != nil {
		return simulator.Config{}, err
	}
	folder, err := os.OpenRoot(filepath.Dir(file)) // what send_file may read
	if err != nil {
		return simulator.Config{}, plain(file, err)
	}
	return simulator.Config{Name: file, Listen: f.listen, Protocol: f.protocol, Plan: plan, Seed: f.seed, Files: folder.FS()}, nil
}

// serveControl serves the control API, if one is wanted, until the command ends.
func (f *upstreamFlags) serveControl(c *cobra.Command, srv *simulator.Server) (stop func(), err error) {
	if f.control == "" {
		return func() {}, nil
	}
	token, err := f.token()
	if err != nil {
		return nil, usage(err)
	}
	api, err := control.Serve(srv, control.Options{Listen: f.control, Token: token})
	if errors.Is(err, control.ErrNeedsToken) {
		return nil, usage(fmt.Errorf("%w; make one with: head -c 32 /dev/urandom | base64 > token, and give it with --token-file token", err))
	}
	if err != nil {
		return nil, environment(err)
	}
	fmt.Fprintf(c.ErrOrStderr(), "control API: %s/v1/\n", api.URL())
	return func() { api.Close() }, nil
}

// token is the first line of the file; none without one.
func (f *upstreamFlags) token() (string, error) {
	if f.tokenFile == "" {
		return "", nil
	}
	data, err := os.ReadFile(f.tokenFile)
	if err != nil {
		return "", plain(f.tokenFile, err)
	}
	line, _, _ := strings.Cut(string(data), "\n")
	token := strings.TrimSpace(line)
	if len(token) < control.MinToken {
		return "", fmt.Errorf("%s: the token has %d bytes, want at least %d", f.tokenFile, len(token), control.MinToken)
	}
	return token, nil
}

// writeFrozen prints the plan without chance, and runs nothing.
func (f *upstreamFlags) writeFrozen(w io.Writer, srv *simulator.Server) error {
	var connections, exchanges int
	if _, err := fmt.Sscanf(f.freeze, "%dx%d", &connections, &exchanges); err != nil || f.freeze != fmt.Sprintf("%dx%d", connections, exchanges) {
		return usage(fmt.Errorf("--freeze %s: want CONNECTIONSxEXCHANGES, such as 10x5", f.freeze))
	}
	text, err := srv.Freeze(connections, exchanges)
	if err != nil {
		return usage(err)
	}
	_, err = w.Write(text)
	return err
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
