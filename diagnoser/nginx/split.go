package nginx

import "bytes"

// timestampLen is the length of "2006/01/02 15:04:05".
const timestampLen = 19

// drain walks the lines of data and hands over each whole record: a line that
// begins with a timestamp, or opens one otherwise, and the lines after it that do not. It returns the
// bytes of the record that may go on, or of the unfinished line.
func (s *scanner) drain(data []byte, end bool) []byte {
	start, at := -1, 0 // start of the open record
	var line int64     // its line number
	for at < len(data) {
		size := bytes.IndexByte(data[at:], '\n') + 1
		if size == 0 {
			if !end {
				break
			}
			size = len(data) - at
		}
		text := data[at : at+size]
		switch {
		case s.skip:
			s.skip = text[len(text)-1] != '\n'
		case startsRecord(text) || opens(text, data[max(start, 0):at], start >= 0):
			s.close(data, start, at, line)
			start, line = at, s.stats.Lines+1
		case start < 0:
			s.stray(text, s.stats.Lines+1)
		}
		s.stats.Lines++
		at += size
	}
	return s.rest(data, start, at, line, end)
}

// opens tells whether a line begins a record that is not at its start or has lost its
// own. What can be the text of an application within the open record does not.
func opens(line, open []byte, isOpen bool) bool {
	if prefixLen(line) > 0 {
		return true
	}
	if _, ok := fragmentOf(line); !ok {
		return false
	}
	return !isOpen || complete(open)
}

// complete tells whether a record needs no more lines.
func complete(b []byte) bool {
	b = clean(b)
	if bytes.Contains(b, []byte(", client: ")) {
		return finished(bytes.TrimRight(trimForeign(b), "\r\n"))
	}
	return !bytes.Contains(b, []byte(`stderr: "`))
}

// rest closes the last record at the end of the log, and else gives it back to
// be read again behind more bytes, its lines uncounted.
func (s *scanner) rest(data []byte, start, at int, line int64, end bool) []byte {
	switch {
	case start < 0:
		return data[at:]
	case end || len(data)-start > recordMax:
		s.close(data, start, at, line)
		return data[at:]
	}
	s.stats.Lines = line - 1
	return data[start:]
}

func (s *scanner) close(data []byte, start, end int, line int64) {
	if start < 0 {
		return
	}
	s.record(data[start:min(end, start+recordMax)], line)
}

// stray counts and hands over lines that belong to no record, line being the first's number.
func (s *scanner) stray(text []byte, line int64) {
	for l := range bytes.Lines(text) {
		if len(bytes.TrimSpace(l)) > 0 {
			s.foreign++
			if s.sink.Line != nil {
				s.sink.Line(l, line)
			}
		}
		line++
	}
}

// startsRecord tells whether a line begins "2006/01/02 15:04:05 [".
func startsRecord(b []byte) bool {
	if len(b) < timestampLen+3 || b[4] != '/' || b[7] != '/' || b[10] != ' ' ||
		b[13] != ':' || b[16] != ':' || b[19] != ' ' || b[20] != '[' {
		return false
	}
	for _, i := range [...]int{0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18} {
		if b[i]-'0' > 9 {
			return false
		}
	}
	return true
}
