package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/host"
	"github.com/badgateway/badgateway/diagnoser/live"
	"github.com/badgateway/badgateway/diagnoser/probe"
)

const everything = "all"

type liveFlags struct {
	on        bool
	parts     []string
	root      string
	probe     bool
	probePath string
	probeWait time.Duration
	unread    []evidence.Unread // what could not be read before there was a Host to say so
}

// liveParts are the names that --live takes.
func liveParts() []string {
	all := slices.Concat([]string{"config", "log"}, host.Parts(), live.TextSources())
	slices.Sort(all)
	return all
}

func (f *diagnoseFlags) liveFlags(c *cobra.Command) {
	l := &f.live
	c.Flags().StringSliceVar(&l.parts, "live", nil, "collect on this host what a diagnosis needs; --live=sockets,log only that of: "+
		strings.Join(liveParts(), ", "))
	c.Flags().Lookup("live").NoOptDefVal = everything
	c.Flags().StringVar(&l.root, "root", "", "the proxy's file system, such as /proc/PID/root of one in a container; with --live")
	c.Flags().BoolVar(&l.probe, "probe", false, "ask the backends directly, past the proxy: GET only, a few requests, each bounded in time")
	c.Flags().StringVar(&l.probePath, "probe-path", "/", "with --probe: what to ask for; \"log\" is what the failing requests asked for")
	c.Flags().DurationVar(&l.probeWait, "probe-wait", 0, "with --probe: how long one answer may take; without it the diagnosis decides, 2m at most")
}

func (f *diagnoseFlags) checkLive(c *cobra.Command) error {
	l := &f.live
	l.on = len(l.parts) > 0
	if l.on && !slices.Equal(l.parts, []string{everything}) {
		for _, p := range l.parts {
			if !slices.Contains(liveParts(), p) {
				return fmt.Errorf("--live=%s: unknown (known: all, %s)", p, strings.Join(liveParts(), ", "))
			}
		}
	}
	switch {
	case l.root != "" && !l.on:
		return errors.New("--root goes with --live")
	case !l.probe && (c.Flags().Changed("probe-path") || c.Flags().Changed("probe-wait")):
		return errors.New("--probe-path and --probe-wait go with --probe")
	case l.probePath != "log" && !strings.HasPrefix(l.probePath, "/"):
		return fmt.Errorf("--probe-path %s: want a path that begins with /, or log", l.probePath)
	}
	return nil
}

func (l *liveFlags) wants(part string) bool {
	return l.on && (slices.Contains(l.parts, everything) || slices.Contains(l.parts, part))
}

// discover finds nginx's configuration and logs on this host, where none are given, and what else tells of it.
// It returns the logs to read.
func (f *diagnoseFlags) discover(c *cobra.Command, args []string, ev *evidence.Evidence) ([]string, error) {
	l := &f.live
	if !l.on || cmp.Or(f.proxy, "nginx") != "nginx" {
		return args, nil
	}
	found, err := live.Find(c.Context(), l.root, "/proc")
	if err != nil && (f.config == "" && l.wants("config") || len(args) == 0 && l.wants("log")) {
		return nil, err
	}
	ev.Proxy.Version = cmp.Or(ev.Proxy.Version, found.Version)
	if f.config == "" && l.wants("config") {
		f.config = found.Config
	}
	if len(args) == 0 && l.wants("log") {
		args = f.logs(c.Context(), &found, ev)
	}
	h := host.Collect(c.Context(), host.Options{Root: l.root, Parts: []string{"processes"}}, evidence.HostQuestion{})
	texts, unread := live.Texts(c.Context(), live.TextOptions{Root: l.root, Proc: "/proc", Sources: l.texts(), Master: found.Master, Processes: h.Processes})
	ev.Texts, l.unread = append(ev.Texts, texts...), append(l.unread, unread...)
	return args, nil
}

// texts narrows the sources, to one that there is not where none is wanted.
func (l *liveFlags) texts() []string {
	if slices.Contains(l.parts, everything) {
		return nil
	}
	return l.parts
}

// logs are the files to which the running configuration logs. What goes to a stream becomes evidence at once.
func (f *diagnoseFlags) logs(ctx context.Context, found *live.Found, ev *evidence.Evidence) (args []string) {
	files, _ := live.ReadConfig(f.live.root, cmp.Or(f.config, found.Config))
	paths, streamed := found.Logs(f.live.root, files)
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			f.live.cannot("log "+path, err, "root, or the group adm")
			continue
		}
		file.Close()
		args = append(args, path)
	}
	if streamed {
		log, err := found.Streamed(ctx, "/proc")
		if err != nil {
			f.live.cannot("log of nginx's standard error", err, "root, or the group adm or docker")
		} else {
			ev.Logs = append(ev.Logs, log)
		}
	}
	return args
}

func (l *liveFlags) cannot(source string, err error, needs string) {
	if !errors.Is(err, fs.ErrPermission) {
		needs = ""
	}
	l.unread = append(l.unread, evidence.Unread{Source: source, Why: err.Error(), Needs: needs})
}

// facts collects what a reading makes worth knowing: of the host with --live, of the backends with --probe. nil without both.
func (f *diagnoseFlags) facts() func(context.Context, *diagnoser.Reading) (*evidence.Host, []evidence.Probe) {
	l := &f.live
	if !l.on && !l.probe {
		return nil
	}
	return func(ctx context.Context, r *diagnoser.Reading) (h *evidence.Host, probes []evidence.Probe) {
		if parts := l.hostParts(); len(parts) > 0 {
			h = host.Collect(ctx, host.Options{Root: l.root, Parts: parts}, r.AskHost())
			h.Unread = append(h.Unread, l.unread...)
		}
		if l.probe {
			probes = probe.AskAll(ctx, l.questions(r, h), probe.Options{Root: l.root})
		}
		return h, probes
	}
}

func (l *liveFlags) hostParts() []string {
	return slices.DeleteFunc(host.Parts(), func(p string) bool { return !l.wants(p) })
}

// questions are those of the diagnosis, to upstreams that log or configuration name and no other address.
func (l *liveFlags) questions(r *diagnoser.Reading, h *evidence.Host) []evidence.Question {
	all := slices.DeleteFunc(r.AskBackends(h), func(q evidence.Question) bool { return q.Candidate })
	for i := range all {
		if l.probePath != "log" {
			all[i].URI = l.probePath
			if all[i].Params != nil { // FastCGI: the script stays, since another need not be there
				all[i].Params["REQUEST_URI"], all[i].Params["DOCUMENT_URI"], all[i].Params["QUERY_STRING"] = l.probePath, l.probePath, ""
			}
		}
		if l.probeWait > 0 {
			all[i].Wait = l.probeWait
		}
	}
	return all
}

// tellUnread says on standard error what could not be read, and with which right it could.
func (f *diagnoseFlags) tellUnread(c *cobra.Command, h *evidence.Host) {
	list := f.live.unread
	if h != nil {
		list = h.Unread
	}
	for _, u := range list {
		if u.Why == "not asked for" {
			continue
		}
		needs := ""
		if u.Needs != "" {
			needs = " (needs " + u.Needs + ")"
		}
		fmt.Fprintf(c.ErrOrStderr(), "badgateway: not read: %s: %s%s\n", u.Source, diagnoser.Printable(u.Why), needs)
	}
}

// otherwise diagnoses the same evidence with another configuration. What was read from a pipe cannot be read again.
func (f *diagnoseFlags) otherwise(c *cobra.Command, args []string, ev evidence.Evidence) again {
	return func(ctx context.Context, config []evidence.File) (*diagnoser.Report, error) {
		if slices.Contains(args, "-") {
			return nil, errors.New("standard input was read")
		}
		logs, closeLogs, err := openLogs(c, args)
		defer closeLogs()
		if err != nil {
			return nil, err
		}
		texts, closeTexts, err := openLogs(c, f.evidence)
		defer closeTexts()
		if err != nil {
			return nil, err
		}
		other := ev
		other.Config = config
		other.Logs = append(kept(ev.Logs), logs...)
		other.Texts = append(kept(ev.Texts), texts...)
		return f.report(ctx, &other)
	}
}

// kept are the logs that can be read again.
func kept(logs []evidence.Log) []evidence.Log {
	return slices.DeleteFunc(slices.Clone(logs), func(l evidence.Log) bool { return l.Reader != nil })
}

// noteProbes says in the evidence what was asked directly, where no rule has said it.
func noteProbes(report *diagnoser.Report, probes []evidence.Probe) {
	for i := range report.Findings {
		f := &report.Findings[i]
		for _, p := range probes {
			if p.Target.String() != f.Upstream || p.Request == "" {
				continue
			}
			text := fmt.Sprintf("a direct %s to %s", p.Request, p.Target)
			if !slices.ContainsFunc(f.Evidence, func(e diagnoser.Fact) bool { return strings.HasPrefix(e.Text, text) }) {
				f.Evidence = append(f.Evidence, diagnoser.Fact{Source: "probe", Text: text + " " + ended(p)})
			}
		}
	}
}

func ended(p evidence.Probe) string {
	switch {
	case p.Outcome == "":
		return "was not asked: " + p.Note
	case p.Outcome != evidence.OK:
		return fmt.Sprintf("ended while %s: %s, after %v", p.Phase, p.Outcome, p.Took.Round(time.Millisecond))
	}
	return fmt.Sprintf("was answered %d after %v", p.Status, p.Took.Round(time.Microsecond))
}
