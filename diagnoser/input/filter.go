package input

const escape = 0x1b

// state is where in an ANSI escape sequence (ECMA-48, 5.4) the text is.
type state uint8

const (
	inText     state = iota
	afterEsc         // ESC was read
	inSequence       // ESC [ was read: it ends with a byte of 0x40 to 0x7e
)

// filter takes NUL bytes and escape sequences out of p in place.
func (r *Reader) filter(p []byte) []byte {
	out := p[:0]
	for i, c := range p {
		switch {
		case c == 0:
			if r.NUL == 0 {
				r.FirstNUL = r.read + int64(i)
			}
			r.NUL++
			continue
		case r.state == inText && c == escape:
			r.state = afterEsc
			continue
		case r.state == afterEsc && c == '[':
			r.state = inSequence
			continue
		case r.state == afterEsc:
			r.state = inText
			if c != '\n' {
				continue
			}
		case r.state == inSequence:
			if c >= 0x40 && c <= 0x7e {
				r.state = inText
				continue
			}
			if c != '\n' {
				continue
			}
			r.state = inText
		}
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' {
			r.control++
		}
		out = append(out, c)
	}
	r.kept += int64(len(out))
	return out
}
