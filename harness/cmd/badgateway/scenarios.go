package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/badgateway/badgateway/containers/nginx"
	"github.com/badgateway/badgateway/harness/drill"
	"github.com/badgateway/badgateway/harness/report"
	"github.com/badgateway/badgateway/harness/scenario"
)

func scenariosCommand() *cobra.Command {
	c := &cobra.Command{Use: "scenarios", Short: "List, show and run the catalogue of failures"}
	c.AddCommand(listCommand(), showCommand(), runCommand(), reportCommand())
	return c
}

func listCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use: "list", Short: "List the scenarios", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			catalogue, err := scenario.Builtin()
			if err != nil {
				return usage(err)
			}
			switch format {
			case "text":
				listText(c.OutOrStdout(), catalogue)
				return nil
			case "json":
				return listJSON(c.OutOrStdout(), catalogue)
			}
			return usage(fmt.Errorf("unknown format %q (known: json, text)", format))
		},
	}
	c.Flags().StringVar(&format, "format", "text", "text or json")
	return c
}

func listText(w io.Writer, catalogue *scenario.Catalogue) {
	fmt.Fprintf(w, "%-22s %-7s %s\n", "scenario", "level", "what is broken, and over what")
	for _, s := range catalogue.All() {
		fmt.Fprintf(w, "%-22s %-7s %s\n%-30s %s\n", s.Name, s.Level, s.Title, "", strings.Join(s.VariantNames(), ", "))
	}
}

func listJSON(w io.Writer, catalogue *scenario.Catalogue) error {
	type item struct {
		Name     string   `json:"name"`
		Title    string   `json:"title"`
		Level    string   `json:"level"`
		Cause    string   `json:"cause"`
		Variants []string `json:"variants"`
	}
	items := []item{}
	for _, s := range catalogue.All() {
		items = append(items, item{s.Name, s.Title, s.Level, s.Cause, s.VariantNames()})
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(items)
}

func showCommand() *cobra.Command {
	var hints int
	c := &cobra.Command{
		Use: "show NAME", Short: "Show one scenario: its story, symptom and, on request, hints",
		Args: exactly(1, "the name of a scenario"), ValidArgsFunction: completeScenarios,
		RunE: func(c *cobra.Command, args []string) error {
			catalogue, err := scenario.Builtin()
			if err != nil {
				return usage(err)
			}
			s, err := catalogue.Find(args[0])
			if err != nil {
				return usage(err)
			}
			show(c.OutOrStdout(), s, hints)
			return nil
		},
	}
	c.Flags().IntVar(&hints, "hints", 0, "show so many hints, from gentle to plain")
	return c
}

func show(w io.Writer, s *scenario.Scenario, hints int) {
	fmt.Fprintf(w, "%s (%s)\n%s\n\n%s\n", s.Name, s.Level, s.Title, strings.TrimSpace(s.Story))
	fmt.Fprintf(w, "\nSymptom: status %d", s.Symptom.Status)
	if s.Symptom.Blank {
		fmt.Fprint(w, " with an empty page")
	}
	for _, e := range s.Symptom.Events {
		fmt.Fprintf(w, "; %s: %s", e.Phase, e.Outcome)
	}
	fmt.Fprintf(w, "\nVariants: %s\n", strings.Join(s.VariantNames(), ", "))
	for i, h := range s.Hints {
		if i < hints {
			fmt.Fprintf(w, "Hint %d: %s\n", i+1, h)
		}
	}
	if hints < len(s.Hints) {
		fmt.Fprintf(w, "%s: --hints %d\n", count(len(s.Hints)-hints, "more hint"), hints+1)
	}
	fmt.Fprintf(w, "\nRun it:                 badgateway scenarios run %s\nLeave it broken for you: badgateway scenarios run %s/%s --keep\n", s.Name, s.Name, s.VariantNames()[0])
}

func completeScenarios(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	catalogue, err := scenario.Builtin()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []string
	for _, s := range catalogue.All() {
		names = append(names, s.Name+"\t"+s.Title)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// setup checks the flags before anything is started.
func setup(ctx context.Context, o drill.Options) (*drill.Environment, error) {
	if o.Image != "" {
		o.Versions = nil
	}
	if slices.Contains(o.Versions, "all") {
		o.Versions = nginx.Versions()
	}
	for _, v := range o.Versions {
		if _, err := nginx.Image(v); err != nil {
			return nil, usage(err)
		}
	}
	env, err := drill.Setup(ctx, o)
	return env, environment(err)
}

// setupShown shows what it is at.
func setupShown(c *cobra.Command, o drill.Options) (*drill.Environment, error) {
	p := report.NewProgress(c.ErrOrStderr(), report.ProgressOptions{})
	defer p.Stop()
	o.Logf, o.Statusf = p.Note, p.Statusf
	return setup(c.Context(), o)
}

func exactly(n int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != n {
			return usage(fmt.Errorf("want %s; see %s --help", what, c.CommandPath()))
		}
		return nil
	}
}
