package nginx

import "strings"

// ReplaceArg replaces one argument, quotes and all.
func (c *Config) ReplaceArg(d *Directive, i int, text string) Edit {
	a := d.Args[i]
	return Edit{File: d.File, Offset: a.Start, Old: c.Text(d.File)[a.Start:a.End], New: c.apart(d, i) + text}
}

// ReplaceArgs replaces all arguments of a directive that has at least one.
func (c *Config) ReplaceArgs(d *Directive, text string) Edit {
	start, end := d.Args[0].Start, d.Args[len(d.Args)-1].End
	return Edit{File: d.File, Offset: start, Old: c.Text(d.File)[start:end], New: c.apart(d, 0) + text}
}

// apart is a space where an argument follows a quoted one without any, as ")" may.
func (c *Config) apart(d *Directive, i int) string {
	if at := d.Args[i].Start; at > 0 && !isSpace(c.Text(d.File)[at-1]) {
		return " "
	}
	return ""
}

// AppendArg adds an argument behind the last one.
func (c *Config) AppendArg(d *Directive, text string) Edit {
	return Edit{File: d.File, Offset: d.Args[len(d.Args)-1].End, New: " " + text}
}

// Set makes a directive hold in a block: it replaces the value of the one that
// stands there, or adds one behind anchor, a directive of the same block or of one
// inside it (an if, which takes few directives): then behind that inner block.
// Of a directive of which nginx takes many, each of something else, it is the one with
// the same first argument; name may hold that: "proxy_set_header Host".
func (c *Config) Set(block *Directive, anchor *Directive, name, value string) Edit {
	name, key, keyed := strings.Cut(name, " ")
	if keyed {
		value = key + " " + value
	}
	if own := c.own(block, name, value); own != nil && len(own.Args) > 0 {
		return c.ReplaceArgs(own, value)
	}
	for anchor.Parent != block && anchor.Parent != nil {
		anchor = anchor.Parent
	}
	return c.Insert(anchor, name+" "+value+";")
}

// own returns the directive directly in a block in whose place another with that value is to stand, nil without one.
func (c *Config) own(block *Directive, name, value string) (found *Directive) {
	list := c.Top
	if block != nil {
		list = block.Block
	}
	each(list, func(d *Directive) {
		if found == nil && d.Name == name && (!repeatable[name] || sameFirst(d, value)) {
			found = d
		}
	})
	return found
}

// Insert adds text, one or more whole directives, behind a directive: on a line of
// its own with the same indentation, or on the same line where more follows there.
func (c *Config) Insert(anchor *Directive, text string) Edit {
	src := c.Text(anchor.File)
	rest, _, whole := strings.Cut(src[anchor.End:], "\n")
	tail := strings.TrimSpace(rest)
	if !whole || !c.startsLine(anchor) || (tail != "" && tail[0] != '#') {
		return Edit{File: anchor.File, Offset: anchor.End, New: " " + text}
	}
	newline := "\n"
	if strings.HasSuffix(rest, "\r") {
		newline = "\r\n"
	}
	return Edit{File: anchor.File, Offset: anchor.End + len(rest) + 1, New: c.indent(anchor) + text + newline}
}

// InsertBefore adds text, one or more whole directives, in front of a directive, on a line of its own.
func (c *Config) InsertBefore(anchor *Directive, text string) Edit {
	return Edit{File: anchor.File, Offset: anchor.Start, New: text + "\n" + c.indent(anchor)}
}

// Remove takes a directive out, with its line where it stands alone there.
func (c *Config) Remove(d *Directive) Edit {
	src := c.Text(d.File)
	start, end := d.Start, d.End
	line, _, more := strings.Cut(src[end:], "\n")
	if c.startsLine(d) && strings.TrimSpace(line) == "" && more {
		start -= len(c.indent(d))
		end += len(line) + 1
	}
	return Edit{File: d.File, Offset: start, Old: src[start:end]}
}

// indent is the white space in front of the directive's line.
func (c *Config) indent(d *Directive) string {
	line := c.line(d)
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

func (c *Config) startsLine(d *Directive) bool {
	return strings.TrimLeft(c.line(d), " \t") == ""
}

// line is what stands on the directive's line in front of it.
func (c *Config) line(d *Directive) string {
	src := c.Text(d.File)[:d.Start]
	return src[strings.LastIndexByte(src, '\n')+1:]
}
