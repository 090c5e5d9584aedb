package nginx

import (
	"regexp"
	"strings"
	"sync"
)

// Directive is one directive of the configuration with the bytes it takes.
type Directive struct {
	Name  string
	Args  []Arg
	File  string
	Line  int // of the name, from 1
	Start int // of the name
	End   int // behind the ";" or the "}"
	// Open is the offset of "{", -1 for a directive without a block; Close is that of "}".
	Open, Close int
	// Block holds the directives of the block, or of the files that an include names.
	Block []*Directive
	// Parent is the block around this directive: nil at the top. The directives of an
	// included file have the include's parent.
	Parent *Directive

	found      bool           // of an include: a file was given for it, if only an empty one
	once       sync.Once      // guards expression
	expression *regexp.Regexp // of a location; nil where Go cannot read it
}

// Arg is one argument, unquoted, with the bytes that it takes, quotes and all.
type Arg struct {
	Text       string
	Start, End int
}

// IsBlock tells whether a block follows the arguments.
func (d *Directive) IsBlock() bool { return d.Open >= 0 }

// Arg returns the i-th argument, counted from 0, or "".
func (d *Directive) Arg(i int) string {
	if i >= len(d.Args) {
		return ""
	}
	return d.Args[i].Text
}

// Value returns the arguments joined by a space.
func (d *Directive) Value() string {
	texts := make([]string, len(d.Args))
	for i, a := range d.Args {
		texts[i] = a.Text
	}
	return strings.Join(texts, " ")
}

// Text returns the directive on one line, without its block.
func (d *Directive) Text() string {
	return strings.TrimSpace(d.Name + " " + d.Value())
}

// Each calls visit for every directive of a block, those of included files in the
// place of the include, but not for those of inner blocks.
func each(list []*Directive, visit func(*Directive)) {
	for _, d := range list {
		if d.Name == "include" && !d.IsBlock() {
			each(d.Block, visit)
			continue
		}
		visit(d)
	}
}

// Children returns the directives directly inside d's block, includes resolved.
func (d *Directive) Children() (all []*Directive) {
	each(d.Block, func(c *Directive) { all = append(all, c) })
	return all
}

// Child returns the first directive of that name directly inside d's block, or nil.
func (d *Directive) Child(name string) (found *Directive) {
	each(d.Block, func(c *Directive) {
		if found == nil && c.Name == name {
			found = c
		}
	})
	return found
}
