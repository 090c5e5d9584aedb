package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/badgateway/badgateway/containers/nginx"
	"github.com/badgateway/badgateway/harness/drill"
	"github.com/badgateway/badgateway/harness/scenario"
)

func imagesCommand() *cobra.Command {
	var o drill.Options
	c := &cobra.Command{
		Use:   "images [NAME[/VARIANT]...]",
		Short: "Get the images that drills need: found, pulled, or built",
		Long: `Get the images that drills need, of the named scenarios or of all: the proxies, and
the application servers where a scenario runs a real one. Each is looked up locally, else pulled, else
built from Debian packages with mmdebstrap, several at a time (BADGATEWAY_MIRROR names
another mirror than mmdebstrap's own default).`,
		ValidArgsFunction: completeScenarios,
		RunE: func(c *cobra.Command, args []string) error {
			// A mistake in a scenario is better told before images are built than after.
			var err error
			if o.Catalogue, err = scenario.Builtin(); err != nil {
				return usage(err)
			}
			if o.Drills, err = o.Catalogue.Select(scenario.Selection{Names: args}); err != nil {
				return usage(err)
			}
			env, err := setupShown(c, o)
			if err != nil {
				return err
			}
			defer env.Close()
			for _, proxy := range env.Proxies {
				fmt.Fprintf(c.OutOrStdout(), "%s %s: %s\n", proxy.Kind, proxy.Version, proxy.Image)
			}
			for _, kind := range slices.Sorted(maps.Keys(env.Backends)) {
				fmt.Fprintf(c.OutOrStdout(), "%s: %s\n", kind, env.Backends[kind])
			}
			return nil
		},
	}
	proxyFlags(c, &o)
	return c
}

// proxyFlags are those that choose what drills run against.
func proxyFlags(c *cobra.Command, o *drill.Options) {
	c.Flags().StringSliceVar(&o.Versions, "proxy-version", []string{nginx.Newest()}, "versions of nginx, or all")
	c.Flags().StringVar(&o.Image, "image", "", "an nginx image of your own instead")
	c.RegisterFlagCompletionFunc("proxy-version", cobra.FixedCompletions(append(nginx.Versions(), "all"), cobra.ShellCompDirectiveNoFileComp))
}
