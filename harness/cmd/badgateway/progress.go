package main

import (
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/term"
)

// progress shows what long work is at: what was done on lines that stay, and on a terminal what is being done on one that changes.
type progress struct {
	w     io.Writer
	width int // of the terminal; 0 is none

	mu sync.Mutex // guards w
}

func newProgress(w io.Writer) *progress {
	p := &progress{w: w}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.width, _, _ = term.GetSize(int(f.Fd()))
	}
	return p
}

// line replaces the changing line.
func (p *progress) line(format string, args ...any) {
	if p.width == 0 {
		return
	}
	text := fmt.Sprintf(format, args...)
	if r := []rune(text); len(r) >= p.width {
		text = string(r[:p.width-1])
	}
	p.print("\r\x1b[K" + text)
}

// say prints a line that stays.
func (p *progress) say(format string, args ...any) {
	text := fmt.Sprintf(format, args...) + "\n"
	if p.width > 0 {
		text = "\r\x1b[K" + text
	}
	p.print(text)
}

func (p *progress) print(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprint(p.w, text)
}

// done takes the changing line away.
func (p *progress) done() {
	if p.width > 0 {
		p.print("\r\x1b[K")
	}
}
