package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/live"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

type diagnoseFlags struct {
	config   string
	evidence []string
	format   string
	proxy    string
	version  string
}

func diagnoseCommand() *cobra.Command {
	var f diagnoseFlags
	c := &cobra.Command{
		Use:   "diagnose LOG...",
		Short: "Name the cause of the 502s and 504s in an error log",
		Long: `Name the cause of the 502s and 504s in the error log of a proxy, with the evidence
for and against, the line of the configuration, and a fix. A log of "-" is
standard input. Nothing is changed and nothing is sent anywhere. A configuration
that does not parse is said on standard error, and the diagnosis does without it.

Exit status: 0 nothing found; 1 findings; 2 the input is unusable.`,
		Example: `  badgateway diagnose /var/log/nginx/error.log --config /etc/nginx/nginx.conf
  journalctl -u nginx -o cat | badgateway diagnose - --format json`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(fmt.Errorf("want an error log, or - for standard input; see %s --help", c.CommandPath()))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	c.Flags().StringVar(&f.config, "config", "", "nginx.conf (its includes are read too), or the output of nginx -T")
	c.Flags().StringSliceVar(&f.evidence, "evidence", nil, "logs of backends and the kernel, output of commands: known lines are looked for")
	c.Flags().StringVar(&f.proxy, "proxy", "nginx", "whose log it is: nginx, apache or haproxy")
	c.Flags().StringVar(&f.version, "proxy-version", "", "version of nginx, where a default depends on it")
	c.Flags().StringVar(&f.format, "format", "text", "text or json")
	c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func (f *diagnoseFlags) run(c *cobra.Command, args []string) error {
	if f.format != "text" && f.format != "json" {
		return usage(fmt.Errorf("unknown format %q (known: json, text)", f.format))
	}
	if !slices.Contains([]string{"nginx", "apache", "haproxy"}, f.proxy) {
		return usage(fmt.Errorf("unknown proxy %q (known: apache, haproxy, nginx)", f.proxy))
	}
	ev := evidence.Evidence{Proxy: evidence.Proxy{Kind: f.proxy, Version: f.version}}
	doubt, err := f.readConfig(&ev)
	if err != nil {
		return usage(err)
	}
	if doubt != nil {
		fmt.Fprintf(c.ErrOrStderr(), "badgateway: %v; going on without it\n", doubt)
	}
	logs, closeLogs, err := openLogs(c, args)
	defer closeLogs()
	if err != nil {
		return usage(err)
	}
	texts, closeTexts, err := openLogs(c, f.evidence)
	defer closeTexts()
	if err != nil {
		return usage(err)
	}
	ev.Logs, ev.Texts = logs, texts
	report, err := diagnoser.Diagnose(c.Context(), ev)
	if err != nil {
		return usage(err)
	}
	if err := f.write(c.OutOrStdout(), report); err != nil {
		return err
	}
	switch {
	case len(report.Findings) > 0:
		return &status{code: exitFindings}
	case doubt != nil:
		return &status{code: exitUsage}
	}
	return nil
}

// readConfig reads the configuration. The doubt is a part of it that could not be read, or does not parse:
// the diagnosis goes on, since what people paste is seldom whole.
func (f *diagnoseFlags) readConfig(ev *evidence.Evidence) (doubt, err error) {
	if f.config == "" {
		return nil, nil
	}
	if info, err := os.Stat(f.config); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s: is a directory; want its main file, such as %s/nginx.conf", f.config, f.config)
	}
	path, err := filepath.Abs(f.config)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, plain(f.config, err)
	}
	whole := evidence.File{Path: path, Text: string(text)}
	if f.proxy != "nginx" {
		ev.Config = []evidence.File{whole}
		return nil, nil
	}
	if isDump(text) {
		ev.Config = []evidence.File{whole}
	} else if ev.Config, doubt = live.ReadConfig("", path); doubt != nil && len(ev.Config) == 0 {
		ev.Config = []evidence.File{whole}
	}
	if _, err := nginx.ParseConfig(ev.Config); err != nil {
		return err, nil
	}
	return doubt, nil
}

// isDump recognizes the output of nginx -T, which holds all files.
func isDump(text []byte) bool {
	const mark = "# configuration file "
	return bytes.HasPrefix(text, []byte(mark)) || bytes.Contains(text, []byte("\n"+mark))
}

// plain says what the kernel says of a file, its name first.
func plain(name string, err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("%s: %w", name, path.Err)
	}
	return err
}

func openLogs(c *cobra.Command, args []string) (logs []evidence.Log, closeAll func(), err error) {
	var open []io.Closer
	closeAll = func() {
		for _, f := range open {
			f.Close()
		}
	}
	for _, name := range args {
		if name == "-" {
			logs = append(logs, evidence.Log{Name: "stdin", Reader: c.InOrStdin()})
			continue
		}
		f, err := openLog(name)
		if err != nil {
			return logs, closeAll, err
		}
		open = append(open, f)
		logs = append(logs, evidence.Log{Name: name, Reader: f})
	}
	return logs, closeAll, nil
}

func openLog(name string) (*os.File, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, plain(name, err)
	}
	if info, err := f.Stat(); err != nil || info.IsDir() {
		f.Close()
		return nil, fmt.Errorf("%s: is a directory; want the error log in it, such as %s/error.log", name, name)
	}
	return f, nil
}

func (f *diagnoseFlags) write(w io.Writer, report *diagnoser.Report) error {
	if f.format == "json" {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(report)
	}
	return report.WriteText(w, textOptions(w))
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
