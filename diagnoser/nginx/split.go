package nginx

import (
	"bytes"
	"encoding/binary"
)

// timestampLen is the length of "2006/01/02 15:04:05".
const timestampLen = 19

// drain walks the lines of data and hands over each whole record: a line that
// begins with a timestamp, or opens one otherwise, and the lines after it that do not. It returns the
// bytes of the record that may go on, or of the unfinished line.
func (s *scanner) drain(data []byte, end bool) []byte {
	start, at := -1, 0 // start of the open record
	var line int64     // its line number
	lines := 0         // of it
	dated := false     // it begins with its timestamp
	for at < len(data) {
		size := bytes.IndexByte(data[at:], '\n') + 1
		if size == 0 {
			if !end {
				break
			}
			size = len(data) - at
		}
		text := data[at : at+size]
		starts := startsRecord(text)
		switch {
		case s.skip:
			s.skip = text[len(text)-1] != '\n'
		case !starts && start >= 0 && !carried(text) && !ended(data[start:at]):
			// what follows is the text of an application, until the record's context
		case !starts && start >= 0 && s.other(text):
			s.close(data, start, at, line, lines == 1 && dated)
			start = -1
			s.stray(text, s.stats.Lines+1)
		case starts || opens(text) && (start >= 0 || !s.other(text)):
			s.close(data, start, at, line, lines == 1 && dated)
			start, line, lines, dated = at, s.stats.Lines+1, 0, starts
			if !starts && inJSON(text) { // each of its lines is an object of its own
				s.close(data, at, at+size, line, false)
				start = -1
			}
		case start < 0:
			s.stray(text, s.stats.Lines+1)
		}
		s.stats.Lines++
		lines++
		at += size
	}
	return s.rest(data, start, at, line, end)
}

// other tells whether a line is of another log.
func (s *scanner) other(line []byte) bool {
	return s.sink.Other != nil && !carried(line) && s.sink.Other(line)
}

// carried tells whether a line is a record behind what a carrier put there.
func carried(line []byte) bool { return prefixLen(line) > 0 }

// ended tells whether an open record needs no more lines: of one that nginx cut no more comes.
func ended(open []byte) bool { return complete(open) || bytes.IndexByte(open, '\n') >= cutLen }

// opens tells whether a line begins a record that is not at its start or has lost its own. It is asked
// of none that can be the text of an application within the open record.
func opens(line []byte) bool {
	if carried(line) {
		return true
	}
	_, ok := fragmentOf(line)
	return ok
}

// complete tells whether a record needs no more lines.
func complete(b []byte) bool {
	if !bytes.Contains(b, []byte(", client: ")) && bytes.Contains(b, []byte(`stderr: "`)) {
		return false
	}
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
		s.close(data, start, at, line, false)
		return data[at:]
	}
	s.stats.Lines = line - 1
	return data[start:]
}

// close hands over the open record; single tells that it is one line, with timestamp and end.
func (s *scanner) close(data []byte, start, end int, line int64, single bool) {
	if start < 0 {
		return
	}
	if end-start <= recordMax {
		s.record(data[start:end], line, single)
		return
	}
	cut := start + recordMax
	if i := bytes.LastIndexByte(data[start:cut], '\n'); i >= 0 {
		cut = start + i + 1
	}
	record := data[start:cut]
	s.record(record, line, false)
	if data[cut-1] == '\n' {
		s.stray(data[cut:end], line+int64(bytes.Count(record, []byte("\n"))))
	}
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

// startsRecord tells whether a line begins "2006/01/02 15:04:05 [". It looks at eight bytes
// at a time: of a log of any size it is asked of each line.
func startsRecord(b []byte) bool {
	if len(b) < timestampLen+3 || b[19] != ' ' || b[20] != '[' {
		return false
	}
	return day.fits(b) && hour.fits(b[8:]) && second.fits(b[11:])
}

var day, hour, second = patternOf("0000/00/"), patternOf("00 00:00"), patternOf("00:00:00")

// pattern is eight bytes of which each is a digit or one separator.
type pattern struct{ digits, zeros, sixes, others, want uint64 }

// patternOf makes a pattern of a text in which 0 is any digit.
func patternOf(text string) (p pattern) {
	for i := range 8 {
		c, shift := uint64(text[i]), 8*i
		if c == '0' {
			p.digits |= 0xf0 << shift
			p.zeros |= 0x30 << shift
			p.sixes |= 0x06 << shift
			continue
		}
		p.others |= 0xff << shift
		p.want |= c << shift
	}
	return p
}

// fits tells whether eight bytes are of the pattern: 0x30 to 0x3f, and not beyond 0x39, are digits.
func (p *pattern) fits(b []byte) bool {
	v := binary.LittleEndian.Uint64(b)
	return v&p.others == p.want && v&p.digits == p.zeros && (v+p.sixes)&p.digits == p.zeros
}
