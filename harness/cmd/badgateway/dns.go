package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/badgateway/badgateway/simulator/dns"
)

func dnsCommand() *cobra.Command {
	var listen string
	var journal bool
	c := &cobra.Command{
		Use:   "dns PLAN.yaml",
		Short: "Run the fake DNS server alone, for a proxy's resolver",
		Long: `Run the fake DNS server alone, until Ctrl-C. It answers as the plan says, on UDP
and TCP. Point the proxy at it: resolver 127.0.0.1:5353;`,
		Example: `  badgateway dns dns.yaml --listen 127.0.0.1:5353 --journal`,
		Args:    exactly(1, "a plan"),
		RunE:    func(c *cobra.Command, args []string) error { return runDNS(c, args[0], listen, journal) },
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:5353", "loopback address and port, of UDP and TCP")
	c.Flags().BoolVar(&journal, "journal", false, "print the journal, a line of JSON for each entry")
	return c
}

func runDNS(c *cobra.Command, file, listen string, journal bool) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return usage(plain(file, err))
	}
	plan, err := dns.ParsePlan(file, data)
	if err != nil {
		return usage(err)
	}
	srv, err := dns.New(dns.Config{Listen: listen, Plan: plan})
	if err != nil {
		return usage(fmt.Errorf("%s: %w", file, err))
	}
	if err := srv.Start(); err != nil {
		return environment(err)
	}
	defer srv.Close()
	fmt.Fprintf(c.ErrOrStderr(), "%s: dns on %s\n", file, srv.Addr())
	if journal {
		return followDNS(c, srv)
	}
	<-c.Context().Done()
	return nil
}

// followDNS prints the journal as it grows, until the command ends.
func followDNS(c *cobra.Command, srv *dns.Server) error {
	enc := json.NewEncoder(c.OutOrStdout())
	for since := uint64(0); ; {
		e, err := srv.Await(c.Context(), since, func(dns.Entry) bool { return true })
		if err != nil { // the context's end
			return nil
		}
		since = e.Seq
		if err := enc.Encode(e); err != nil {
			return environment(err)
		}
	}
}
