package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/tail"
)

const (
	// pollEvery is how often files are looked at where nothing wakes: network file systems, folders that come later.
	pollEvery = time.Second
	// settle joins what is written within it into one diagnosis.
	settle = 200 * time.Millisecond
)

type followFlags struct {
	on       bool
	fromEnd  bool
	interval time.Duration
}

func (f *diagnoseFlags) followFlags(c *cobra.Command) {
	c.Flags().BoolVarP(&f.follow.on, "follow", "f", false, "go on as the log grows, through rotation; print each new finding once, and how often it comes again, until Ctrl-C")
	c.Flags().BoolVar(&f.follow.fromEnd, "from-end", false, "with --follow: leave out what stands in the log already")
	c.Flags().DurationVar(&f.follow.interval, "interval", 10*time.Second, "with --follow: how often to say what came again")
}

func (f *diagnoseFlags) checkFollow(args []string) error {
	switch {
	case !f.follow.on && f.follow.fromEnd:
		return errors.New("--from-end goes with --follow")
	case !f.follow.on:
		return nil
	case len(args) == 0:
		return errors.New("--follow wants an error log, or - for standard input")
	case f.format != "text" && f.format != "json":
		return fmt.Errorf("--follow writes text, or with --format json one object a line; not %s", f.format)
	case f.redact:
		return errors.New("--follow cannot --redact: names would get other pseudonyms as more are met")
	case f.follow.interval <= 0:
		return fmt.Errorf("--interval %v: must be more than 0", f.follow.interval)
	}
	return nil
}

// follower diagnoses logs as they grow.
type follower struct {
	flags   followFlags
	reading *diagnoser.Reading
	// facts collects what is worth knowing of the host before a new finding is told; nil without.
	facts   func(context.Context, *diagnoser.Reading) (*evidence.Host, []evidence.Probe)
	host    *evidence.Host
	probes  []evidence.Probe
	files   []*tail.File
	streams []<-chan tail.Chunk
	tracker tail.Tracker
	report  *diagnoser.Report
	teller  teller
	fresh   bool // something was read since the last diagnosis
}

// runFollow returns when it is interrupted, or when nothing is left to follow.
func (f *diagnoseFlags) runFollow(c *cobra.Command, args []string, ev evidence.Evidence) error {
	w := &follower{flags: f.follow, teller: newTeller(c, f.format), facts: f.facts(), report: &diagnoser.Report{}}
	var err error
	if w.reading, err = diagnoser.Read(c.Context(), ev); err != nil {
		return usage(err)
	}
	paths := slices.DeleteFunc(slices.Clone(args), func(name string) bool { return name == "-" })
	watch, err := tail.NewWatch(paths)
	if err != nil {
		watch = &tail.Watch{} // it is polled all the same
	} else {
		defer watch.Close()
	}
	for _, path := range paths {
		file := &tail.File{Path: path, FromEnd: f.follow.fromEnd, Note: func(text string) { fmt.Fprintln(c.ErrOrStderr(), "badgateway: "+text) }}
		defer file.Close()
		w.files = append(w.files, file)
	}
	if len(paths) < len(args) {
		w.streams = append(w.streams, tail.Stream(c.Context(), "stdin", c.InOrStdin()))
	}
	if err := w.run(c.Context(), watch.Wake); err != nil {
		return usage(err)
	}
	if err := w.teller.summary(w.reading.Summary(), w.report.Findings); err != nil {
		return err
	}
	if len(w.report.Findings) > 0 {
		return &status{code: exitFindings, regular: true}
	}
	return &status{code: 0, regular: true}
}

func (w *follower) run(ctx context.Context, wake <-chan struct{}) error {
	poll, again, settled := time.NewTicker(pollEvery), time.NewTicker(w.flags.interval), time.NewTimer(0)
	defer func() { poll.Stop(); again.Stop(); settled.Stop() }()
	stream := w.stream()
	for waiting := true; ; {
		select {
		case <-ctx.Done():
			// What came until now still counts.
			return errors.Join(w.look(context.WithoutCancel(ctx)), w.teller.again(w.tracker.Again()))
		case <-settled.C:
			waiting = false
			if err := w.look(ctx); err != nil {
				return err
			}
			continue
		case <-again.C:
			if err := w.teller.again(w.tracker.Again()); err != nil {
				return err
			}
			continue
		case chunk, open := <-stream:
			if !open {
				stream = nil
				if len(w.files) == 0 {
					return errors.Join(w.look(ctx), w.teller.again(w.tracker.Again()))
				}
				continue
			}
			if err := w.take(ctx)(chunk); err != nil {
				return err
			}
		case <-wake:
		case <-poll.C:
		}
		if !waiting {
			waiting = true
			settled.Reset(settle)
		}
	}
}

func (w *follower) stream() <-chan tail.Chunk {
	if len(w.streams) == 0 {
		return nil
	}
	return w.streams[0]
}

// take reads one chunk on.
func (w *follower) take(ctx context.Context) func(tail.Chunk) error {
	return func(c tail.Chunk) error {
		w.fresh = true
		return w.reading.More(ctx, evidence.Log{Name: c.Name, Text: string(c.Text)}, c.Before)
	}
}

// look reads all files on, diagnoses when there was something new and tells what is new of that.
func (w *follower) look(ctx context.Context) error {
	for _, file := range w.files {
		if err := file.Read(w.take(ctx)); err != nil {
			return plain(file.Path, err)
		}
	}
	if !w.fresh {
		return nil
	}
	w.fresh = false
	report := w.reading.Diagnose(w.host, w.probes)
	if w.facts != nil && w.tracker.News(report) {
		w.host, w.probes = w.facts(ctx, w.reading)
		report = w.reading.Diagnose(w.host, w.probes)
	}
	w.report = report
	for _, finding := range w.tracker.Fresh(report) {
		if err := w.teller.finding(finding); err != nil {
			return err
		}
	}
	return nil
}
