package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/harness/apply"
)

type applyFlags struct {
	on, dryRun, mitigation, inPlace bool
	finding                         int
	nginx, test, reload, url        string
	watch                           time.Duration
}

func (f *diagnoseFlags) applyFlags(c *cobra.Command) {
	a := &f.apply
	c.Flags().BoolVar(&a.on, "apply", false, "write the edits of the remedy, test, reload, watch; roll back when any of it fails")
	c.Flags().BoolVar(&a.dryRun, "dry-run", false, "with --apply: print the diff and the commands, change nothing")
	c.Flags().IntVar(&a.finding, "finding", 0, "with --apply or --verify: that finding, from 1 in the order of the report; without it the first one that has an edit")
	c.Flags().BoolVar(&a.mitigation, "mitigation", false, "with --apply or --verify: also an edit that only hides the cause")
	c.Flags().StringVar(&a.nginx, "nginx", "nginx", "with --apply: nginx's program")
	c.Flags().StringVar(&a.test, "test-command", "", "with --apply: tests the configuration, such as \"docker exec web nginx -t\"")
	c.Flags().StringVar(&a.reload, "reload-command", "", "with --apply: loads it, such as \"docker exec web nginx -s reload\"")
	c.Flags().DurationVar(&a.watch, "watch", 10*time.Second, "with --apply: how long to look at log and workers after the reload; 0 does not")
	c.Flags().StringVar(&a.url, "check-url", "", "with --apply: must be answered with less than 500 at the end of the watch")
	c.Flags().BoolVar(&a.inPlace, "in-place", false, "with --apply: write into the file that is there, as a file mounted into a container needs")
}

func (f *diagnoseFlags) checkApply(c *cobra.Command, args []string) error {
	if !f.apply.on {
		for _, name := range []string{"dry-run", "nginx", "test-command", "reload-command", "watch", "check-url", "in-place"} {
			if c.Flags().Changed(name) {
				return fmt.Errorf("--%s goes with --apply", name)
			}
		}
		return nil
	}
	switch {
	case f.follow.on:
		return errors.New("--apply needs a diagnosis that ends; not with --follow")
	case f.config == "-":
		return errors.New("--apply needs the configuration's own files: give --config its main file, not standard input")
	case f.config == "" && !f.live.on:
		return errors.New("--apply needs --config with the proxy's main file, or --live")
	case f.apply.finding < 0:
		return fmt.Errorf("--finding %d: findings count from 1", f.apply.finding)
	}
	return nil
}

// chosen is the remedy to carry out.
type chosen struct {
	finding *diagnoser.Finding
	remedy  *diagnoser.Remedy
}

// choose takes the first edit of the finding that is asked for, else of the first that has one. The
// error says why there is none, and what a person can do.
func (a applyFlags) choose(report *diagnoser.Report) (chosen, error) {
	list := report.Findings
	if a.finding > len(list) {
		return chosen{}, fmt.Errorf("there are %d findings; --finding %d is none of them", len(list), a.finding)
	}
	if a.finding > 0 {
		list = list[a.finding-1 : a.finding]
	}
	hides := false
	for i := range list {
		for j := range list[i].Remedies {
			r := &list[i].Remedies[j]
			if len(r.Edits) == 0 {
				continue
			}
			if r.Mitigation && !a.mitigation {
				hides = true
				continue
			}
			return chosen{&list[i], r}, nil
		}
	}
	if hides {
		return chosen{}, errors.New("the only edit hides the cause and does not mend it; with --mitigation it is applied all the same")
	}
	return chosen{}, errors.New("no edit of the configuration is proposed" + byHand(list))
}

// byHand lists the commands of remedies that are no edit: they are for a person.
func byHand(list []diagnoser.Finding) string {
	var lines []string
	for _, f := range list {
		for _, r := range f.Remedies {
			for _, command := range r.Commands {
				if line := "\n  $ " + diagnoser.Printable(command); len(r.Edits) == 0 && !slices.Contains(lines, line) {
					lines = append(lines, line)
				}
			}
		}
	}
	if len(lines) == 0 {
		return ""
	}
	return "; by hand:" + strings.Join(lines, "")
}

// again diagnoses the same evidence with another configuration.
type again func(context.Context, []evidence.File) (*diagnoser.Report, error)

// applyRemedy carries out the edit of a remedy. Its error has the exit status.
func (f *diagnoseFlags) applyRemedy(c *cobra.Command, report *diagnoser.Report, ev evidence.Evidence, logs []string, other again) error {
	say := func(step, format string, args ...any) {
		fmt.Fprintf(c.ErrOrStderr(), "%-8s %s\n", step, diagnoser.Printable(fmt.Sprintf(format, args...)))
	}
	pick, err := f.apply.choose(report)
	if backup := f.appliedBefore(c.Context(), pick, ev.Config, other); backup != "" {
		say("done", "the edit was applied before; the former file is %s", backup)
		return nil
	}
	if err != nil {
		return &status{code: exitFindings, err: err}
	}
	options, watch, err := f.applyOptions(pick, ev, logs, say)
	var known *status
	if errors.As(err, &known) {
		return err
	} else if err != nil {
		return usage(err)
	}
	plan, err := apply.Prepare(ev.Config, pick.remedy.Edits, options)
	switch {
	case errors.Is(err, apply.ErrApplied):
		say("done", "%v", err)
		return nil
	case err != nil:
		return applyError(err)
	}
	if f.apply.dryRun {
		return f.dryRun(c, pick, plan, options)
	}
	if watch != nil {
		if err := watch.Start(c.Context()); err != nil {
			return applyError(err)
		}
	}
	say("apply", "%s", pick.remedy.Summary)
	if err := plan.Run(c.Context()); err != nil {
		return applyError(err)
	}
	say("done", "%s", strings.Join(plan.Paths(), " "))
	return nil
}

// applyError chooses the exit status: what was rolled back is a finding that stays.
func applyError(err error) error {
	var back *apply.RolledBack
	switch {
	case errors.As(err, &back):
		code := exitFindings
		if errors.Is(err, context.Canceled) {
			code = exitInterrupted
		}
		return &status{code: code, err: err, regular: true}
	case errors.Is(err, apply.ErrStuck), errors.Is(err, fs.ErrPermission), errors.Is(err, exec.ErrNotFound):
		return environment(err)
	}
	return usage(err)
}

func (f *diagnoseFlags) dryRun(c *cobra.Command, pick chosen, plan *apply.Plan, o apply.Options) error {
	out := c.OutOrStdout()
	if f.format != "text" {
		out = c.ErrOrStderr()
	}
	fmt.Fprintf(out, "\nDry run; nothing is changed. It would write %s:\n", strings.Join(plan.Paths(), " "))
	for line := range strings.Lines(pick.remedy.Diff + "\n") {
		fmt.Fprintln(out, "  "+diagnoser.Printable(strings.TrimSuffix(line, "\n")))
	}
	fmt.Fprintf(out, "and run\n  $ %s\n  $ %s\n", o.Test.Text, o.Reload.Text)
	return &status{code: exitFindings}
}

// appliedBefore looks whether the configuration is what a backup beside it becomes by the edit
// that the same evidence asks for: the log still has the lines from before. It returns the backup, "" without one.
func (f *diagnoseFlags) appliedBefore(ctx context.Context, pick chosen, config []evidence.File, other again) string {
	for i, file := range config {
		for _, backup := range apply.Backups(f.live.root, file.Path) {
			text, err := os.ReadFile(backup)
			if err != nil {
				continue
			}
			former := slices.Clone(config)
			former[i].Text = string(text)
			report, err := other(ctx, former)
			if err != nil {
				continue
			}
			was, err := f.apply.choose(report)
			if err != nil || pick.finding != nil && (pick.finding.Cause != was.finding.Cause || pick.finding.Server != was.finding.Server) {
				continue
			}
			if after, err := apply.Edited(former[i], was.remedy.Edits); err == nil && after == file.Text {
				return backup
			}
		}
	}
	return ""
}
