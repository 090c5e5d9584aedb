package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// flagGroups are the parts of diagnose --help; each flag stands in one of them.
var flagGroups = []struct {
	title string
	flags []string
}{
	{"What to look at", []string{"config", "evidence", "proxy", "proxy-version", "checks"}},
	{"Collecting on the proxy's host (nothing is changed)", []string{"live", "root", "probe", "probe-path", "probe-wait"}},
	{"As the log grows", []string{"follow", "from-end", "interval"}},
	{"Trying an edit in a pod (needs Docker)", []string{"verify", "image"}},
	{"Applying an edit", []string{"apply", "dry-run", "finding", "mitigation", "nginx", "test-command", "reload-command", "watch", "check-url", "in-place"}},
	{"Output", []string{"format", "redact", "help"}},
}

// groupedUsage prints the flags of a command by group.
func groupedUsage(c *cobra.Command) error {
	w := c.OutOrStderr()
	fmt.Fprintf(w, "Usage:\n  %s\n\nExamples:\n%s\n", c.UseLine(), c.Example)
	for _, g := range flagGroups {
		set := new(cobra.Command).Flags()
		set.SortFlags = false
		for _, name := range g.flags {
			if f := c.Flags().Lookup(name); f != nil {
				set.AddFlag(f)
			}
		}
		fmt.Fprintf(w, "\n%s:\n%s\n", g.title, strings.TrimRight(set.FlagUsagesWrapped(100), "\n"))
	}
	return nil
}
