// Package linewise reads configurations that have one directive on each line, as those
// of Apache httpd and HAProxy, and keeps the bytes that each takes.
package linewise

import (
	"fmt"
	"strings"
)

// Directive is one line: a name and its arguments.
type Directive struct {
	Name       string
	Args       []Arg
	File       string
	Line       int // from 1
	Start, End int // from the name to the end of the last argument
	// Section is the line that opened the section around this one, nil outside of any.
	Section *Directive
}

// Arg is one argument, unquoted, with the bytes that it takes, quotes and all.
type Arg struct {
	Text       string
	Start, End int
}

// Arg returns the i-th argument, counted from 0, or "".
func (d *Directive) Arg(i int) string {
	if i < 0 || i >= len(d.Args) {
		return ""
	}
	return d.Args[i].Text
}

// Text returns the directive with its arguments, a space between two.
func (d *Directive) Text() string {
	parts := []string{d.Name}
	for _, a := range d.Args {
		parts = append(parts, a.Text)
	}
	return strings.Join(parts, " ")
}

// Is tells whether the directive has the name, in whatever case.
func (d *Directive) Is(name string) bool { return strings.EqualFold(d.Name, name) }

// Syntax is how a proxy splits a line into words.
type Syntax struct {
	Continues bool // a backslash at the end joins the next line (Apache)
	Inline    bool // "#" begins a comment wherever a word is not quoted; quotes may stand inside a word (HAProxy)
}

// Parse reads one file into lines. The error is that of a quote that is not closed; it
// begins "path:line:column:".
func Parse(path, text string, syntax Syntax) (list []*Directive, err error) {
	p := parser{path: path, src: text, line: 1, syntax: syntax}
	for p.at < len(p.src) {
		d, err := p.directive()
		if err != nil {
			return nil, err
		}
		if d != nil {
			list = append(list, d)
		}
	}
	return list, nil
}

type parser struct {
	path, src string
	at, line  int
	begin     int // of the line
	syntax    Syntax
}

// directive reads one line with its end; nil for one that says nothing.
func (p *parser) directive() (d *Directive, err error) {
	p.begin = p.at
	for !p.ended() {
		p.spaces()
		if p.ended() || p.src[p.at] == '#' && (d == nil || p.syntax.Inline) {
			break
		}
		line, start := p.line, p.at
		word, err := p.word()
		if err != nil {
			return nil, err
		}
		if d == nil {
			d = &Directive{Name: word, File: p.path, Line: line, Start: start, End: p.at}
			continue
		}
		d.Args, d.End = append(d.Args, Arg{word, start, p.at}), p.at
	}
	for !p.ended() {
		p.step()
	}
	p.step()
	return d, nil
}

func (p *parser) ended() bool { return p.at >= len(p.src) || p.src[p.at] == '\n' }

// step goes on by one byte, or by the backslash and end of a line that goes on.
func (p *parser) step() {
	if p.at < len(p.src) {
		if p.src[p.at] == '\n' {
			p.line++
		}
		p.at++
	}
}

// joint is the length of a backslash at the end of a line, with that end; 0 for anything else.
func (p *parser) joint() int {
	rest := p.src[p.at:]
	switch {
	case !p.syntax.Continues:
	case strings.HasPrefix(rest, "\\\n"):
		return 2
	case strings.HasPrefix(rest, "\\\r\n"):
		return 3
	}
	return 0
}

func (p *parser) spaces() {
	for !p.ended() {
		if n := p.joint(); n > 0 {
			p.at += n
			p.line++
			continue
		}
		if c := p.src[p.at]; c != ' ' && c != '\t' && c != '\r' {
			return
		}
		p.at++
	}
}

func (p *parser) word() (string, error) {
	if c := p.src[p.at]; !p.syntax.Inline && (c == '"' || c == '\'') {
		return p.quoted(c)
	}
	var b strings.Builder
	for !p.ended() && p.joint() == 0 {
		c := p.src[p.at]
		switch {
		case c == ' ' || c == '\t' || c == '\r' || c == '#' && p.syntax.Inline:
			return b.String(), nil
		case p.syntax.Inline && c == '\\' && p.at+1 < len(p.src) && p.src[p.at+1] != '\n':
			p.at++
			b.WriteByte(p.src[p.at])
			p.at++
		case p.syntax.Inline && (c == '"' || c == '\''):
			inner, err := p.quoted(c)
			if err != nil {
				return "", err
			}
			b.WriteString(inner)
		default:
			b.WriteByte(c)
			p.at++
		}
	}
	return b.String(), nil
}

// quoted reads to the closing quote; a backslash shields the quote and itself.
func (p *parser) quoted(quote byte) (string, error) {
	var b strings.Builder
	line, column := p.line, p.at-p.begin+1
	for p.at++; !p.ended(); p.at++ {
		if n := p.joint(); n > 0 {
			p.at += n - 1
			p.line++
			continue
		}
		c := p.src[p.at]
		if c == quote {
			p.at++
			return b.String(), nil
		}
		if c == '\\' && p.at+1 < len(p.src) && (p.src[p.at+1] == quote || p.src[p.at+1] == '\\') {
			p.at++
			c = p.src[p.at]
		}
		b.WriteByte(c)
	}
	if p.syntax.Continues {
		return b.String(), nil // Apache takes the end of the line for the quote
	}
	return "", fmt.Errorf("%s:%d:%d: quote not closed", p.path, line, column)
}
