package report

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/badgateway/badgateway/harness/drill"
)

// Times of a Progress.
const (
	nowAndThen = 10 * time.Second // between two lines where there is no terminal
	redraw     = time.Second      // of the line on a terminal; a drill that begins or ends does not wait for it
)

// glance is how many drills have a row each: so many can be seen at a glance.
const glance = 10

// ProgressOptions say what a Progress shows. The zero value is good for a long run.
type ProgressOptions struct {
	Dir     string // of the report, as failures name it
	Verbose bool   // a row of the table for each drill, as always in a run of a few
	Columns int    // of the terminal, 0 asks the writer; what is not a terminal has 80
}

// Progress shows a run of drills: on a terminal one line that changes, otherwise a line every 10 s.
// A drill that does not pass is printed at once, for good. Its methods may be called from several
// goroutines.
type Progress struct {
	w        io.Writer
	options  ProgressOptions
	terminal bool
	stop     context.CancelFunc
	stopped  sync.WaitGroup

	mu      sync.Mutex
	total   int                  // guarded by mu, as all below
	began   time.Time            // the first drill; zero before
	way     map[string]time.Time // the drills under way, and since when
	limit   int                  // of drills at a time; 0 is not known
	later   map[string]bool      // inconclusive drills that will be run once more
	results []drill.Result
	ends    []time.Time // of the results
	work    string      // what is being done before the first drill
	drawn   string      // the line on the terminal
	shown   time.Time   // the last line where there is no terminal
	over    bool
}

// NewProgress begins to show a run. The caller ends it with Finish, or Stop.
func NewProgress(w io.Writer, options ProgressOptions) *Progress {
	ctx, cancel := context.WithCancel(context.Background())
	p := &Progress{
		w: w, options: options, stop: cancel,
		way: map[string]time.Time{}, later: map[string]bool{}, shown: time.Now(),
	}
	_, p.terminal = size(w)
	p.terminal = p.terminal || options.Columns > 0
	p.stopped.Go(func() { p.tick(ctx) })
	return p
}

// size is how wide a terminal is; ok reports whether there is one.
func size(w io.Writer) (columns int, ok bool) {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	return columns, err == nil && columns > 0
}

// width is that of the line, asked anew each time: a window may be made smaller.
func (p *Progress) width() int {
	n, _ := size(p.w)
	return cmp.Or(p.options.Columns, n, 80)
}

func (p *Progress) tick(ctx context.Context) {
	every := redraw
	if !p.terminal {
		every = nowAndThen
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			p.do(func() {})
		}
	}
}

// do changes what is known and shows it. What f prints stays, above the changing line.
func (p *Progress) do(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return
	}
	f()
	if !p.over {
		p.draw()
	}
}

// draw shows the line. Elsewhere than on a terminal most calls print nothing.
func (p *Progress) draw() {
	if p.terminal {
		if line := p.line(p.width() - 1); line != p.drawn {
			p.drawn = line
			fmt.Fprint(p.w, clearLine+line)
		}
		return
	}
	if now := time.Now(); now.Sub(p.shown) >= nowAndThen {
		if line := p.line(p.width()); line != "" {
			p.shown = now
			fmt.Fprintln(p.w, line)
		}
	}
}

// clearLine goes to the line's begin and clears to its end (ECMA-48: CR, EL).
const clearLine = "\r\x1b[K"

// clear makes room for what stays.
func (p *Progress) clear() {
	if p.terminal && p.drawn != "" {
		p.drawn = ""
		fmt.Fprint(p.w, clearLine)
	}
}

// Total says of how many drills the run is, before the first one begins.
func (p *Progress) Total(n int) { p.do(func() { p.total = n }) }

// Limit says how many drills are run at a time from now on.
func (p *Progress) Limit(n int) { p.do(func() { p.limit = n }) }

// Statusf shows what is being done while no drill is under way. It does not stay.
func (p *Progress) Statusf(format string, args ...any) {
	p.do(func() { p.work = fmt.Sprintf(format, args...) })
}

// Note prints a line that stays. It may be longer than the terminal is wide.
func (p *Progress) Note(format string, args ...any) {
	p.Print(func(w io.Writer) { fmt.Fprintln(w, escaped(fmt.Sprintf(format, args...))) })
}

// Print lets f print what stays. Nothing else is printed meanwhile.
func (p *Progress) Print(f func(io.Writer)) {
	p.do(func() {
		p.clear()
		f(p.w)
	})
}

// Begin says that a drill began, or began once more.
func (p *Progress) Begin(name string) {
	p.do(func() {
		now := time.Now()
		if p.began.IsZero() {
			p.began = now
		}
		p.way[name], p.work = now, ""
		delete(p.later, name)
	})
}

// Later says that a drill ended inconclusive and will be run once more.
func (p *Progress) Later(name string) {
	p.do(func() {
		delete(p.way, name)
		p.later[name] = true
	})
}

// Done says what became of a drill, for good. One that did not pass is printed.
func (p *Progress) Done(r drill.Result) {
	p.do(func() {
		if p.began.IsZero() {
			p.began = time.Now().Add(-time.Duration(r.Seconds * float64(time.Second)))
		}
		delete(p.way, r.Name())
		delete(p.later, r.Name())
		if p.rows() && len(p.results) == 0 {
			p.clear()
			Header(p.w)
		}
		p.results, p.ends = append(p.results, r), append(p.ends, time.Now())
		p.printResult(r)
	})
}

func (p *Progress) rows() bool { return p.options.Verbose || p.total <= glance }

func (p *Progress) printResult(r drill.Result) {
	if p.rows() || r.Verdict != drill.Passed {
		p.clear()
	}
	if p.rows() {
		Row(p.w, r)
	}
	if r.Verdict != drill.Passed {
		Failure(p.w, r, p.options.Dir, p.width())
	}
}

// Stop takes the changing line away. Nothing is printed after it.
func (p *Progress) Stop() {
	p.stop()
	p.stopped.Wait()
	p.do(func() {
		p.clear()
		p.over = true
	})
}

// Finish is Stop with the closing summary, and returns what is to be known of the run. One that
// was interrupted has fewer results than its total, and says so.
func (p *Progress) Finish(interrupted bool) Run {
	p.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	run := Run{Drills: p.total, Interrupted: interrupted}
	if !p.began.IsZero() {
		run.Began, run.Seconds = p.began, time.Since(p.began).Round(time.Millisecond).Seconds()
	}
	Closing(p.w, run, p.results, p.options.Dir)
	return run
}
