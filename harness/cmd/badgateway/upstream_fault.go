package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/badgateway/badgateway/containers/nginx"
	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/dns"
	"github.com/badgateway/badgateway/simulator/faults"
)

// oneOf takes a plan, a fault or the wish for a list.
func (f *upstreamFlags) oneOf(c *cobra.Command, args []string) error {
	if len(args) > 1 || len(args)+b2i(f.fault != "")+b2i(f.list)+b2i(f.steps) != 1 {
		return usage(errors.New("want either a plan, --fault NAME, --faults or --steps; see badgateway upstream --help"))
	}
	// A fault that does not exist in the default protocol is run in its first one.
	if fault, err := faults.Lookup(f.fault); err == nil && !c.Flags().Changed("protocol") {
		f.protocol = fault.Places[0].Protocol
	}
	return nil
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// place is where the fault is run. One that exists over TLS alone speaks TLS.
func (f *upstreamFlags) place() faults.Place {
	transport, _, _ := strings.Cut(f.listen, ":")
	p := faults.Place{Protocol: f.protocol, Transport: transport}
	secure := faults.Place{Protocol: f.protocol, Transport: faults.TLS}
	if fault, err := faults.Lookup(f.fault); err == nil && transport == faults.TCP && !slices.Contains(fault.Places, p) && slices.Contains(fault.Places, secure) {
		return secure
	}
	return p
}

// faultConfig is that of a server with the named fault.
func (f *upstreamFlags) faultConfig() (simulator.Config, error) {
	fault, err := faults.Lookup(f.fault)
	if err != nil {
		return simulator.Config{}, unknownFault(f.fault)
	}
	c, err := fault.Config(f.place(), f.listen)
	c.Seed = f.seed
	return c, err
}

// serveNames runs the DNS server that the fault brings with it, until ctx ends.
func (f *upstreamFlags) serveNames(ctx context.Context, w io.Writer) error {
	fault, err := faults.Lookup(f.fault)
	if err != nil || fault.Names == nil {
		return nil
	}
	srv, err := dns.New(dns.Config{Plan: fault.Names})
	if err == nil {
		err = srv.Start()
	}
	if err != nil {
		return environment(err)
	}
	context.AfterFunc(ctx, func() { _ = srv.Close() })
	fmt.Fprintf(w, "DNS server for %s: resolver %s ipv6=off;\n", faults.Backend, srv.Addr())
	return nil
}

// unknownFault names the faults that share a word with the name.
func unknownFault(name string) error {
	var alike []string
	for fault := range faults.All() {
		for word := range strings.SplitSeq(name, "-") {
			if len(word) > 3 && strings.Contains("-"+fault.Name+"-", "-"+word+"-") {
				alike = append(alike, fault.Name)
				break
			}
		}
	}
	if alike == nil {
		return fmt.Errorf("unknown fault %q; see badgateway upstream --faults", name)
	}
	return fmt.Errorf("unknown fault %q; did you mean %s?", name, strings.Join(alike, " or "))
}

// announce says what the fault is, and what the newest nginx makes of it.
func (f *upstreamFlags) announce(w io.Writer) {
	fault, err := faults.Lookup(f.fault)
	if err != nil {
		return
	}
	fmt.Fprintln(w, fault.Doc)
	if o, ok := fault.Expect(f.place(), nginx.Newest()); ok {
		log := "nothing in its log"
		if o.Log != "" {
			log = "in its log: " + o.Log
		}
		fmt.Fprintf(w, "nginx %s: the client gets %s; %s\n", nginx.Newest(), o.Answer(), log)
	}
	if needs := fault.Needs.String(); needs != "" {
		fmt.Fprintf(w, "it shows with: %s\n", needs)
	}
}
