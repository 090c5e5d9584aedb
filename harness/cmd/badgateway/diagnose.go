package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

type diagnoseFlags struct {
	config   string
	evidence []string
	format   string
	proxy    string
	version  string
	checks   bool
	redact   bool
	follow   followFlags
	apply    applyFlags
	live     liveFlags
	verify   verifyFlags
}

const (
	diagnoseLong = `Name the cause of the 502s and 504s in the error log of a proxy, with the evidence
for and against, the line of the configuration, and a fix. A log of "-" is
standard input. Nothing is changed and nothing is sent anywhere, unless --apply
or --probe says so.

On the proxy's host --live finds log and configuration and collects the rest:
sockets, processes, paths, routes, packet filters, what security modules and the
kernel say. What cannot be read is said, with the right with which it could.
--probe asks the upstreams that log or configuration name, by GET alone.

--verify tries the proposed edit before anybody applies it, in a pod with this
configuration, and --apply writes it: a backup beside the file, the proxy's own
test, a reload, a look at workers and log; when any of that fails, or on Ctrl-C,
everything is put back and loaded again. Other remedies are never executed, their
commands are printed. A second --apply does nothing.

The logs of nginx, Apache and HAProxy, of backends and of the system may stand in
one stream, as docker compose and syslog write it: each line is told by itself.

Without a log the configuration alone is looked through, for mistakes that end in
a 502 or 504, or keep the proxy from starting; with --checks beside a log too.
What the proxy's version decides is told by --proxy-version; what other files
decide, such as a php-fpm pool's, by --evidence.

A configuration of which a part cannot be read is said on standard error, and the
diagnosis does without that part.

Exit status: 0 nothing found, or with --apply mended; 1 findings, notes too, or
--apply rolled back or had nothing to edit; 2 the input is unusable; 3 a program,
Docker or a permission is missing, or a roll back failed; 130 interrupted.`

	diagnoseExample = `  badgateway diagnose /var/log/nginx/error.log --config /etc/nginx/nginx.conf
  journalctl -u nginx -o cat | badgateway diagnose -
  badgateway diagnose --config /etc/nginx/nginx.conf --evidence /etc/php/8.2/fpm/pool.d/www.conf
  nginx -T | badgateway diagnose --config -
  badgateway diagnose error.log --config site.conf --format markdown --redact > note.md
  badgateway diagnose --config nginx.conf --proxy-version 1.30.0 --format sarif > checks.sarif
  sudo badgateway diagnose --live --probe
  badgateway diagnose /var/log/nginx/error.log --follow --from-end
  badgateway diagnose error.log --config nginx.conf --verify
  sudo badgateway diagnose --live --apply --check-url http://127.0.0.1/
  badgateway diagnose web.log --config ./nginx.conf --apply --in-place \
      --test-command 'docker exec web nginx -t' --reload-command 'docker exec web nginx -s reload'
  badgateway explain buffer-relations`
)

func diagnoseCommand() *cobra.Command {
	var f diagnoseFlags
	c := &cobra.Command{
		Use:     "diagnose [LOG...]",
		Short:   "Name the cause of the 502s and 504s in an error log",
		Long:    diagnoseLong,
		Example: diagnoseExample,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 && f.config == "" && len(f.live.parts) == 0 {
				return usage(fmt.Errorf("want an error log, or - for standard input, or --config; see %s --help", c.CommandPath()))
			}
			if f.config == "-" && slices.Contains(args, "-") {
				return usage(errors.New("standard input can be the log or the configuration, not both"))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	c.Flags().StringVar(&f.config, "config", "", "configuration (nginx.conf with its includes, the output of nginx -T), or - for standard input")
	c.Flags().StringSliceVar(&f.evidence, "evidence", nil, "logs of backends and the kernel, output of commands: known lines are looked for")
	c.Flags().StringVar(&f.proxy, "proxy", "", "whose log it is where a line alone does not tell: nginx, apache or haproxy; that of the configuration if not given")
	c.Flags().StringVar(&f.version, "proxy-version", "", "version of nginx, where a default depends on it")
	c.Flags().BoolVar(&f.checks, "checks", false, "also report mistakes of the configuration that no line of the log tells of")
	f.outputFlags(c)
	f.followFlags(c)
	f.liveFlags(c)
	f.verifyFlags(c)
	f.applyFlags(c)
	c.SetUsageFunc(groupedUsage)
	return c
}

func (f *diagnoseFlags) run(c *cobra.Command, args []string) error {
	if err := f.checkFormat(); err != nil {
		return usage(err)
	}
	if !slices.Contains([]string{"", "nginx", "apache", "haproxy"}, f.proxy) {
		return usage(fmt.Errorf("unknown proxy %q (known: apache, haproxy, nginx)", f.proxy))
	}
	if err := cmp.Or(f.checkFollow(args), f.checkLive(c), f.checkApply(c, args), f.checkVerify()); err != nil {
		return usage(err)
	}
	ev := evidence.Evidence{Proxy: evidence.Proxy{Kind: f.proxy, Version: f.version}}
	args, err := f.discover(c, args, &ev)
	if err != nil {
		return environment(err)
	}
	doubt, err := f.readConfig(c.InOrStdin(), &ev)
	if err != nil {
		return usage(err)
	}
	if doubt != nil {
		fmt.Fprintf(c.ErrOrStderr(), "badgateway: %v; going on without it\n", doubt)
	}
	texts, closeTexts, err := openLogs(c, f.evidence)
	defer closeTexts()
	if err != nil {
		return usage(err)
	}
	ev.Texts = append(ev.Texts, texts...)
	if f.follow.on {
		return f.runFollow(c, args, ev)
	}
	logs, closeLogs, err := openLogs(c, args)
	defer closeLogs()
	if err != nil {
		return usage(err)
	}
	ev.Logs = append(ev.Logs, logs...)
	report, err := f.report(c.Context(), &ev)
	if err != nil {
		return usage(err)
	}
	f.tellUnread(c, ev.Host)
	noteProbes(report, ev.Probes)
	failed, err := f.verifyRemedy(c, report, ev)
	if err != nil {
		return environment(err)
	}
	if err := f.write(c.OutOrStdout(), report, ev.Config); err != nil {
		return err
	}
	switch {
	case f.apply.on && failed:
		return &status{code: exitFindings, err: errors.New("not applied: the edit does not mend it, tried in a pod")}
	case f.apply.on && len(report.Findings) > 0:
		return f.applyRemedy(c, report, ev, args, f.otherwise(c, args, ev))
	case len(report.Findings) > 0:
		return &status{code: exitFindings}
	case doubt != nil:
		return &status{code: exitUsage}
	}
	return nil
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
