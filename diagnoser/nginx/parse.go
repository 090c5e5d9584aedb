package nginx

import (
	"fmt"
	"strings"
)

// depthMax bounds blocks within blocks; nginx's own grammar needs no more than 8.
const depthMax = 64

// syntaxError is an error at a line of one file.
type syntaxError struct {
	line int
	text string
}

type parser struct {
	lexer
	file string
}

// parseFile reads one file into directives, parent being the block around its include.
func parseFile(path, text string, parent *Directive) ([]*Directive, error) {
	p := parser{lexer: lexer{src: text, line: 1}, file: path}
	list, _, err := p.block(parent, 0)
	if err != nil {
		return nil, fmt.Errorf("%s:%d: %s", path, err.line, err.text)
	}
	return list, nil
}

// block reads directives up to the "}" that ends it, or to the end of the file at depth 0.
func (p *parser) block(parent *Directive, depth int) (list []*Directive, closing token, err *syntaxError) {
	if depth > depthMax {
		return nil, token{}, &syntaxError{p.line, "blocks nested too deeply"}
	}
	for {
		t, ok, err := p.next()
		switch {
		case err != nil:
			return nil, t, err
		case !ok && depth > 0:
			return nil, t, &syntaxError{p.line, `unexpected end of file, expecting "}"`}
		case !ok:
			return list, t, nil
		case t.is("}") && depth > 0:
			return list, t, nil
		case t.is(";"), t.is("{"), t.is("}"):
			return nil, t, &syntaxError{t.line, `unexpected "` + t.text + `"`}
		}
		d, err := p.directive(t, parent, depth)
		if err != nil {
			return nil, t, err
		}
		list = append(list, d)
	}
}

func (p *parser) directive(name token, parent *Directive, depth int) (*Directive, *syntaxError) {
	d := &Directive{Name: name.text, File: p.file, Line: name.line, Start: name.start, Open: -1, Parent: parent}
	for {
		t, ok, err := p.next()
		switch {
		case err != nil:
			return nil, err
		case !ok:
			return nil, &syntaxError{p.line, `unexpected end of file, expecting ";" or "}"`}
		case t.is(";"):
			d.End = t.end
			return d, nil
		case t.is("{"):
			return d, p.body(d, t, depth)
		case t.is("}"):
			return nil, &syntaxError{t.line, `unexpected "}"`}
		}
		d.Args = append(d.Args, Arg{t.text, t.start, t.end})
	}
}

func (p *parser) body(d *Directive, open token, depth int) (err *syntaxError) {
	d.Open = open.start
	var closing token
	if strings.HasSuffix(d.Name, "_by_lua_block") {
		closing, err = p.lua()
	} else {
		d.Block, closing, err = p.block(d, depth+1)
	}
	d.Close, d.End = closing.start, closing.end
	return err
}

// lua passes over a block of Lua: its strings and comments may hold braces.
func (p *parser) lua() (token, *syntaxError) {
	for depth := 1; p.at < len(p.src); {
		switch c := p.src[p.at]; {
		case strings.HasPrefix(p.src[p.at:], "--[["):
			p.skipTo("]]")
			continue
		case strings.HasPrefix(p.src[p.at:], "--"):
			p.skipTo("\n")
			continue
		case strings.HasPrefix(p.src[p.at:], "[["):
			p.skipTo("]]")
			continue
		case c == '"' || c == '\'':
			p.luaString(c)
			continue
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				t := token{text: "}", start: p.at, end: p.at + 1, line: p.line}
				p.at++
				return t, nil
			}
		}
		p.step()
	}
	return token{}, &syntaxError{p.line, `unexpected end of file, expecting "}"`}
}

func (p *parser) skipTo(end string) {
	for p.at < len(p.src) && !strings.HasPrefix(p.src[p.at:], end) {
		p.step()
	}
	for range min(len(end), len(p.src)-p.at) {
		p.step()
	}
}

func (p *parser) luaString(quote byte) {
	p.step()
	for p.at < len(p.src) && p.src[p.at] != quote && p.src[p.at] != '\n' {
		if p.src[p.at] == '\\' && p.at+1 < len(p.src) {
			p.step()
		}
		p.step()
	}
	if p.at < len(p.src) {
		p.step()
	}
}
