package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

func explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain CAUSE | CHECK | log-format",
		Short: "Tell what a cause is, how to confirm it, what mends it, what only hides it",
		Long: `Tell what a cause is, how to confirm it by hand, what mends it, and what only
hides it; of a check of the configuration, what it finds and where nginx says so.
Without an argument all causes, by family, and all checks are listed.

"explain log-format" prints a log_format for nginx whose access log tells how each
attempt at an upstream ended, and why each field is in it; diagnose reads it.`,
		Args: cobra.MaximumNArgs(1), ValidArgsFunction: completeCauses,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				listCauses(c.OutOrStdout())
				return nil
			}
			if args[0] == "log-format" {
				fmt.Fprint(c.OutOrStdout(), nginx.LogFormat())
				return nil
			}
			text, err := diagnoser.Explain(args[0])
			if err != nil {
				return usage(unknownCause(args[0]))
			}
			fmt.Fprint(c.OutOrStdout(), text)
			return nil
		},
	}
}

func unknownCause(name string) error {
	var alike []string
	for _, cause := range diagnoser.Causes() {
		if strings.Contains(cause.Name, name) || strings.Contains(name, cause.Name) {
			alike = append(alike, cause.Name)
		}
	}
	if len(alike) > 0 {
		return fmt.Errorf("unknown cause %q; did you mean %s?", name, strings.Join(alike, " or "))
	}
	return fmt.Errorf("unknown cause %q; badgateway explain lists them all", name)
}

// listCauses prints the causes by family, upstream failures first.
func listCauses(w io.Writer) {
	family := ""
	for _, cause := range diagnoser.Causes() {
		if cause.Family != family {
			if family != "" {
				fmt.Fprintln(w)
			}
			family = cause.Family
			fmt.Fprintf(w, "%s:\n", family)
		}
		fmt.Fprintf(w, "  %-30s %s\n", cause.Name, cause.Meaning)
	}
	fmt.Fprintln(w, "\nEach is told in finer forms too: badgateway explain CAUSE names them.")
	fmt.Fprintln(w, "\nChecks of a configuration, and what each leads to")
	for _, c := range diagnoser.Checks() {
		fmt.Fprintf(w, "%-30s %s: %s\n", c.Name, c.Severity, c.Cause)
	}
}

func completeCauses(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	names := []string{"log-format\ta log_format that tells how each attempt ended"}
	for _, cause := range diagnoser.Causes() {
		names = append(names, cause.Name+"\t"+cause.Meaning)
	}
	for _, c := range diagnoser.Checks() {
		names = append(names, c.Name+"\tleads to "+c.Cause)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
