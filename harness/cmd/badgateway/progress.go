package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// progress shows what long work is at: on a terminal one line that changes, otherwise a line now and then.
type progress struct {
	w     io.Writer
	width int // of the terminal; 0 is none

	mu   sync.Mutex
	last time.Time // guarded by mu
}

const nowAndThen = 5 * time.Second

func newProgress(w io.Writer) *progress {
	p := &progress{w: w}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.width, _, _ = term.GetSize(int(f.Fd()))
	}
	return p
}

func (p *progress) line(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := fmt.Sprintf(format, args...)
	if p.width > 0 {
		if r := []rune(text); len(r) >= p.width {
			text = string(r[:p.width-1])
		}
		fmt.Fprintf(p.w, "\r\x1b[K%s", text)
		return
	}
	if time.Since(p.last) >= nowAndThen {
		p.last = time.Now()
		fmt.Fprintln(p.w, text)
	}
}

// done takes the changing line away.
func (p *progress) done() {
	if p.width > 0 {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
