package nginx

import "strings"

// token is one word, or one of ";", "{" and "}", of a configuration file.
type token struct {
	text       string // unquoted
	start, end int    // bytes of it in the file, quotes and all
	line       int
	quoted     bool
}

func (t token) is(mark string) bool { return !t.quoted && t.text == mark }

// lexer splits a file as ngx_conf_read_token does: quotes and comments begin only
// where a word begins, a backslash shields the next byte, "${" does not open a block.
type lexer struct {
	src  string
	at   int
	line int
}

// next returns the next token; ok is false at the end of the file. The error is
// that of a quote that is not closed, or followed by more than nginx allows.
func (l *lexer) next() (t token, ok bool, err *syntaxError) {
	l.space()
	if l.at >= len(l.src) {
		return token{}, false, nil
	}
	t = token{start: l.at, line: l.line}
	switch c := l.src[l.at]; c {
	case ';', '{', '}':
		l.at++
		t.text = string(c)
	case '"', '\'':
		t.quoted = true
		err = l.quotedWord(&t, c)
	default:
		l.word(&t)
	}
	t.end = l.at
	return t, true, err
}

// space passes over white space and comments.
func (l *lexer) space() {
	for l.at < len(l.src) {
		switch c := l.src[l.at]; {
		case c == '#':
			for l.at < len(l.src) && l.src[l.at] != '\n' {
				l.at++
			}
		case isSpace(c):
			l.step()
		default:
			return
		}
	}
}

func (l *lexer) step() {
	if l.src[l.at] == '\n' {
		l.line++
	}
	l.at++
}

func (l *lexer) word(t *token) {
	for l.at < len(l.src) {
		c := l.src[l.at]
		switch {
		case c == '\\' && l.at+1 < len(l.src):
			l.step()
		case c == '$' && l.at+1 < len(l.src) && l.src[l.at+1] == '{':
			l.at++
		case isSpace(c), c == ';', c == '{':
			t.text = unescape(l.src[t.start:l.at])
			return
		}
		l.step()
	}
	t.text = unescape(l.src[t.start:l.at])
}

func (l *lexer) quotedWord(t *token, quote byte) *syntaxError {
	l.at++
	for l.at < len(l.src) && l.src[l.at] != quote {
		if l.src[l.at] == '\\' && l.at+1 < len(l.src) {
			l.step()
		}
		l.step()
	}
	if l.at >= len(l.src) {
		return &syntaxError{t.line, "unexpected end of file, quote not closed"}
	}
	t.text = unescape(l.src[t.start+1 : l.at])
	l.at++
	if l.at < len(l.src) && !isSpace(l.src[l.at]) && !strings.ContainsRune(";{)", rune(l.src[l.at])) {
		return &syntaxError{l.line, `unexpected "` + l.src[l.at:l.at+1] + `"`}
	}
	return nil
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// unescape removes the backslashes that nginx removes: before quotes and another
// backslash; \t, \r and \n become what they name; others stay.
func unescape(s string) string {
	if !strings.ContainsRune(s, '\\') {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			if at := strings.IndexByte(`"'\trn`, s[i+1]); at >= 0 {
				b.WriteByte("\"'\\\t\r\n"[at])
				i++
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
