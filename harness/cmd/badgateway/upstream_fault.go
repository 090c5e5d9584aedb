package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/badgateway/badgateway/containers/nginx"
	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/faults"
)

// oneOf takes a plan, a fault or the wish for a list.
func (f *upstreamFlags) oneOf(c *cobra.Command, args []string) error {
	if len(args) > 1 || len(args)+b2i(f.fault != "")+b2i(f.list) != 1 {
		return usage(errors.New("want either a plan, --fault NAME or --faults; see badgateway upstream --help"))
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

func (f *upstreamFlags) place() faults.Place {
	transport, _, _ := strings.Cut(f.listen, ":")
	return faults.Place{Protocol: f.protocol, Transport: transport}
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

// listFaults prints one line for each fault: its name, what a client of nginx gets, what the upstream does.
func listFaults(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for fault := range faults.All() {
		o, _ := fault.Expect(fault.Places[0], nginx.Newest())
		fmt.Fprintf(tw, "%s\t%s\t%s\n", fault.Name, o.Answer(), fault.Doc)
	}
	return tw.Flush()
}
