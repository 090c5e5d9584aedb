package linewise

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/edit"
	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// Config is the configuration of a proxy, as far as it tells where requests go and how
// long they are waited for.
type Config struct {
	Files []evidence.File
	Lines []*Directive
	Peers []Peer
	// Wait returns how long the proxy waits for a peer in a phase, and the directive that
	// says so; nil where it is the proxy's default, a time of 0 where there is no limit.
	Wait func(p Peer, phase string) (time.Duration, *Directive)
	// Longer makes the wait for a peer so long.
	Longer func(p Peer, phase string, d time.Duration) []edit.Edit
	// Read reads files again, to see whether what was edited is a configuration still.
	Read func(files []evidence.File) (*Config, error)
}

// Peer is one address to which the proxy passes requests.
type Peer struct {
	evidence.Target
	At   *Directive
	Arg  int    // the argument that holds the address
	Text string // the address in that argument, as it is written
	Name string // "backend/server", where the proxy has such names
}

// Peer returns the peer of an event: by its name, else by its address, else by the port of
// a name that the address came from, where only one has it. Nil without one.
func (c *Config) Peer(name string, t evidence.Target) *Peer {
	var found *Peer
	for i := range c.Peers {
		p := &c.Peers[i]
		switch {
		case p.Name != "" && p.Name == name:
			return p
		case t.Address == "" || p.Network != t.Network:
		case p.Address == t.Address:
			return p
		case t.Network == "tcp" && port(p.Address) == port(t.Address) && !numeric(p.Address):
			if found != nil {
				return nil
			}
			found = p
		}
	}
	return found
}

func port(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }

// numeric tells whether an address begins with an IP address rather than a name.
func numeric(address string) bool {
	return strings.HasPrefix(address, "[") || strings.Trim(address, "0123456789.:") == ""
}

// Text returns a file's text, "" for one not given.
func (c *Config) Text(file string) string {
	for _, f := range c.Files {
		if f.Path == file {
			return f.Text
		}
	}
	return ""
}

// Column returns the column of a directive, in bytes from 1.
func (c *Config) Column(d *Directive) int {
	return d.Start - strings.LastIndexByte(c.Text(d.File)[:d.Start], '\n')
}

// Replace replaces one argument, quotes and all.
func (c *Config) Replace(d *Directive, i int, text string) edit.Edit {
	a := d.Args[i]
	return edit.Edit{File: d.File, Offset: a.Start, Old: c.Text(d.File)[a.Start:a.End], New: text}
}

// Append adds an argument behind the last one.
func (c *Config) Append(d *Directive, text string) edit.Edit {
	return edit.Edit{File: d.File, Offset: d.End, New: " " + text}
}

// Insert adds a line behind that of a directive, with its indentation.
func (c *Config) Insert(d *Directive, line string) edit.Edit {
	src := c.Text(d.File)
	indent := src[d.Start-c.Column(d)+1 : d.Start]
	if strings.TrimLeft(indent, " \t") != "" {
		indent = ""
	}
	end := strings.IndexByte(src[d.End:], '\n')
	for end >= 0 && strings.HasSuffix(strings.TrimSuffix(src[d.End:d.End+end], "\r"), "\\") { // the line goes on
		next := strings.IndexByte(src[d.End+end+1:], '\n')
		if next < 0 {
			end = -1
			break
		}
		end += 1 + next
	}
	if end < 0 {
		return edit.Edit{File: d.File, Offset: len(src), New: "\n" + indent + line}
	}
	newline := "\n"
	if strings.HasSuffix(src[:d.End+end], "\r") {
		newline = "\r\n"
	}
	return edit.Edit{File: d.File, Offset: d.End + end + 1, New: indent + line + newline}
}

// Readdress writes another address where a peer's is written; nil where it cannot be told apart.
func (c *Config) Readdress(p Peer, address string) []edit.Edit {
	a := p.At.Args[p.Arg]
	raw := c.Text(p.At.File)[a.Start:a.End]
	if p.Text == "" || strings.Count(raw, p.Text) != 1 {
		return nil
	}
	return []edit.Edit{c.Replace(p.At, p.Arg, strings.Replace(raw, p.Text, address, 1))}
}

// Check tells whether edits may be proposed: the result reads, has as many lines and words
// more as were added, and all other lines are as they were.
func (c *Config) Check(edits []edit.Edit) error {
	files, err := edit.Files(c.Files, edits)
	if err != nil {
		return err
	}
	again, err := c.Read(files)
	if err != nil {
		return err
	}
	added, more := 0, 0
	for _, e := range edits {
		more += len(strings.Fields(e.New)) - len(strings.Fields(e.Old))
		added += strings.Count(e.New, "\n") - strings.Count(e.Old, "\n")
	}
	if words(again.Lines) != words(c.Lines)+more || len(again.Lines) != len(c.Lines)+added || len(edits) == 1 && alike(c.Lines, again.Lines) < len(c.Lines)-1+min(added, 1) {
		return errors.New("the edit would change more than its line")
	}
	return nil
}

func words(list []*Directive) (n int) {
	for _, d := range list {
		n += 1 + len(d.Args)
	}
	return n
}

// alike counts the lines that two readings have in common, from the first and from the last.
func alike(a, b []*Directive) (n int) {
	for n < min(len(a), len(b)) && a[n].Text() == b[n].Text() {
		n++
	}
	m := 0
	for m+n < min(len(a), len(b)) && a[len(a)-m-1].Text() == b[len(b)-m-1].Text() {
		m++
	}
	return m + n
}

// Index returns the argument that has a text, -1 without one.
func (d *Directive) Index(text string) int {
	return slices.IndexFunc(d.Args, func(a Arg) bool { return a.Text == text })
}
