package apply

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/tail"
)

// lookEvery is how often the log and the workers are looked at.
const lookEvery = 50 * time.Millisecond

// Watch looks whether a reload did what it should. Start is called before the reload, Run after it.
type Watch struct {
	For     time.Duration
	Logs    []string // the error log's files; lines of them from Start on count
	Config  []evidence.File
	Proxy   evidence.Proxy
	Finding diagnoser.Finding
	New     []string // the texts that the edits put in: an upstream named there counts as the finding's
	URL     string   // asked once a second, at last with an answer below 500; "" for none
	Proc    string   // "" means /proc
	Root    string   // the proxy's file system, by which its workers are known; "" takes all
	Say     func(step, format string, args ...any)

	files   []*tail.File
	reading *diagnoser.Reading
	workers map[int]bool // before the reload
	former  map[int]bool // their PIDs as they know them themselves, in a container
	fresh   bool
	alarm   string
}

// Start marks the end of the logs and notes the workers.
func (w *Watch) Start(ctx context.Context) error {
	if w.Proc == "" {
		w.Proc = "/proc"
	}
	w.workers = Workers(w.Proc, w.Root)
	w.former = innermost(w.Proc, w.workers)
	var err error
	if w.reading, err = diagnoser.Read(ctx, evidence.Evidence{Proxy: w.Proxy, Config: w.Config}); err != nil {
		return err
	}
	for _, path := range w.Logs {
		f := &tail.File{Path: path, FromEnd: true}
		if err := f.Read(func(tail.Chunk) error { return nil }); err != nil {
			return err
		}
		w.files = append(w.files, f)
	}
	return nil
}

// Run watches for its time and returns what went wrong.
func (w *Watch) Run(ctx context.Context) error {
	defer func() {
		for _, f := range w.files {
			f.Close()
		}
	}()
	end, look, ask := time.NewTimer(w.For), time.NewTicker(lookEvery), time.NewTicker(time.Second)
	defer func() { end.Stop(); look.Stop(); ask.Stop() }()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
			if err := w.look(ctx); err != nil {
				return err
			}
		case <-ask.C:
			w.ask(ctx) // the last answer counts; these provoke what the log then shows
		case <-end.C:
			return w.conclude(ctx)
		}
	}
}

func (w *Watch) conclude(ctx context.Context) error {
	answer := ""
	if w.URL != "" {
		status, err := w.ask(ctx)
		if err != nil {
			return err
		}
		answer = fmt.Sprintf(", %s answers %d", w.URL, status)
	}
	if err := w.look(ctx); err != nil {
		return err
	}
	workers, err := w.renewed()
	if err != nil {
		return err
	}
	log := "no log was given to look at"
	if len(w.files) > 0 {
		log = "nothing of it in the log"
	}
	w.Say("watch", "%v: %s, %s%s", w.For, workers, log, answer)
	return nil
}

// look reads what was logged and judges it.
func (w *Watch) look(ctx context.Context) error {
	w.fresh = false
	for _, f := range w.files {
		if err := f.Read(func(c tail.Chunk) error { return w.take(ctx, c) }); err != nil {
			return err
		}
	}
	switch {
	case w.alarm != "":
		return fmt.Errorf("the log says: %s", w.alarm)
	case !w.fresh:
		return nil
	}
	for _, f := range w.reading.Diagnose(nil, nil).Findings {
		if w.same(f) {
			return fmt.Errorf("the log shows it again: %s", strings.TrimSpace(f.Cause+" "+f.Upstream))
		}
	}
	return nil
}

// take reads a chunk on, without the lines of workers from before the reload: they end what they
// have begun under the former configuration.
func (w *Watch) take(ctx context.Context, c tail.Chunk) error {
	var kept bytes.Buffer
	for line := range bytes.Lines(c.Text) {
		if w.former[pidOf(line)] {
			continue
		}
		if w.alarm == "" && (bytes.Contains(line, []byte("[alert]")) || bytes.Contains(line, []byte("[emerg]"))) {
			w.alarm = string(bytes.TrimSpace(line))
		}
		kept.Write(line)
	}
	if kept.Len() == 0 {
		return nil
	}
	w.fresh = true
	return w.reading.More(ctx, evidence.Log{Name: c.Name, Text: kept.String()}, c.Before)
}

// pidOf reads the PID of a record, "… [error] 7#7: …"; 0 of another line.
func pidOf(line []byte) int {
	_, rest, _ := bytes.Cut(line, []byte("] "))
	digits, _, found := bytes.Cut(rest, []byte("#"))
	pid, err := strconv.Atoi(string(digits))
	if !found || err != nil {
		return 0
	}
	return pid
}

// same tells whether a finding is the one that the edits were to mend: the same cause, or the same
// backend, or one that the edits brought in.
func (w *Watch) same(f diagnoser.Finding) bool {
	if f.Kind != w.Finding.Kind || f.Server != w.Finding.Server {
		return false
	}
	_, address, _ := strings.Cut(f.Upstream, "://")
	return f.Cause == w.Finding.Cause || f.Upstream == w.Finding.Upstream ||
		address != "" && slices.ContainsFunc(w.New, func(text string) bool { return strings.Contains(text, address) })
}

// renewed tells whether workers came that were not there before.
func (w *Watch) renewed() (string, error) {
	if len(w.workers) == 0 {
		return "workers are not seen from here", nil
	}
	fresh := slices.DeleteFunc(slices.Collect(maps.Keys(Workers(w.Proc, w.Root))), func(pid int) bool { return w.workers[pid] })
	if len(fresh) == 0 {
		return "", errors.New("no new worker came: the reload had no effect; the proxy's error log says why")
	}
	return fmt.Sprintf("%d new workers", len(fresh)), nil
}

// ask sends one GET. Redirects are answers.
func (w *Watch) ask(ctx context.Context) (int, error) {
	if w.URL == "" {
		return 0, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.URL, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("User-Agent", "badgateway-check")
	transport := &http.Transport{DisableKeepAlives: true}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	if res.StatusCode >= 500 {
		return res.StatusCode, fmt.Errorf("%s answers %d", w.URL, res.StatusCode)
	}
	return res.StatusCode, nil
}
