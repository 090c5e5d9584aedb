package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// output writes a report in one form. The configuration gives SARIF its columns.
type output func(w io.Writer, report *diagnoser.Report, config []evidence.File) error

var outputs = map[string]output{
	"text": func(w io.Writer, r *diagnoser.Report, _ []evidence.File) error { return r.WriteText(w, textOptions(w)) },
	"json": func(w io.Writer, r *diagnoser.Report, _ []evidence.File) error { return r.WriteJSON(w) },
	"sarif": func(w io.Writer, r *diagnoser.Report, config []evidence.File) error {
		options := diagnoser.SARIFOptions{Files: config, Version: version()}
		if config != nil { // a redacted report does not tell where it was made
			options.Root, _ = os.Getwd()
		}
		return r.WriteSARIF(w, options)
	},
	"markdown": func(w io.Writer, r *diagnoser.Report, _ []evidence.File) error { return r.WriteMarkdown(w) },
}

func formats() []string { return slices.Sorted(maps.Keys(outputs)) }

func (f *diagnoseFlags) outputFlags(c *cobra.Command) {
	c.Flags().StringVar(&f.format, "format", "text", strings.Join(formats(), ", "))
	c.Flags().BoolVar(&f.redact, "redact", false, "replace addresses, names, users, tokens by pseudonyms, for sharing")
	c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats(), cobra.ShellCompDirectiveNoFileComp))
}

func (f *diagnoseFlags) checkFormat() error {
	if outputs[f.format] == nil {
		return fmt.Errorf("unknown format %q (known: %s)", f.format, strings.Join(formats(), ", "))
	}
	return nil
}

func (f *diagnoseFlags) write(w io.Writer, report *diagnoser.Report, config []evidence.File) error {
	if f.redact {
		report, config = report.Redact(), nil
	}
	return outputs[f.format](w, report, config)
}

// textOptions fit the terminal, or 80 columns without color.
func textOptions(w io.Writer) diagnoser.TextOptions {
	options := diagnoser.TextOptions{Width: 80}
	if out, ok := w.(*os.File); ok && term.IsTerminal(int(out.Fd())) {
		options.Color = os.Getenv("NO_COLOR") == ""
		if width, _, err := term.GetSize(int(out.Fd())); err == nil {
			options.Width = min(width, 120)
		}
	}
	return options
}
