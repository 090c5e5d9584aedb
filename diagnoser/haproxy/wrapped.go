package haproxy

import (
	"regexp"
	"strings"
)

// wrappedMax bounds the lines that one record is joined of.
const wrappedMax = 4

// begins is how a session's record begins: the client and when it was accepted, to the millisecond; or what syslog put before it.
var begins = regexp.MustCompile(`(?:^| )\S+:\d{1,5} \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d\.\d{3}\](?: |$)|haproxy\[\d+\]: (?:[\da-f.:]+$|\S+ \[[\w/:.]*$)`)

// Record is one record, with the number of its first line.
type Record struct {
	Text string
	Line int64
}

// Joiner puts records together that were wrapped over several lines.
type Joiner struct {
	joined []string // what was read of a record: lines end between words, or at the width of a terminal
	held   []Record // its lines
	prefix string   // what a carrier put before each line
}

// Join takes a line with its number, and returns in order what is whole now: the record with the number of its first
// line, or lines as they are. Nothing is returned while a record is open.
func (j *Joiner) Join(line string, n int64) []Record {
	line = line[:min(len(line), lineMax)]
	var at []int
	if strings.Contains(line, "haproxy[") || hasMillis(line) {
		at = begins.FindStringIndex(line)
	}
	if len(j.held) > 0 && at == nil {
		j.held = append(j.held, Record{line, n})
		j.add(strings.TrimPrefix(line, j.prefix))
		if j.whole() == "" && len(j.held) < wrappedMax && len(j.joined[0]) < lineMax {
			return nil
		}
		return j.Flush()
	}
	whole := j.Flush()
	if at == nil || isWhole(line) {
		return append(whole, Record{line, n})
	}
	*j = Joiner{[]string{line}, []Record{{line, n}}, carrier(line[:at[0]+1])}
	return whole
}

// add joins a line to what was read, in both ways.
func (j *Joiner) add(line string) {
	var all []string
	for _, begun := range j.joined {
		all = append(all, begun+line, strings.TrimRight(begun, " ")+" "+strings.TrimLeft(line, " \t"))
	}
	j.joined = all
}

// whole is the record once it came to its end, or "": of the ways to join it the one that tells most.
func (j *Joiner) whole() (best string) {
	most := -1
	for _, text := range j.joined {
		if n := told(text); n > most && isWhole(text) {
			best, most = text, n
		}
	}
	return best
}

var asked = regexp.MustCompile(`"[A-Z]+ \S+ HTTP/[\d.]+"`)

// told counts what a record tells besides its state.
func told(text string) (n int) {
	f, _ := fieldsOf(text)
	for _, has := range []bool{f.client != "", f.date != "", f.frontend != "", asked.MatchString(text)} {
		if has {
			n++
		}
	}
	return n
}

// Flush returns the open record if it came to its end, and else its lines.
func (j *Joiner) Flush() (rest []Record) {
	rest = j.held
	if text := j.whole(); text != "" {
		rest = []Record{{text, rest[0].Line}}
	}
	*j = Joiner{}
	return rest
}

// carrier is the part of a prefix that each line has: "lb-1  | ".
func carrier(prefix string) string {
	if i := strings.Index(prefix, "| "); i >= 0 {
		return prefix[:i+2]
	}
	return ""
}

// isWhole tells whether a record has its termination state, and the request's closing quote; one of a client's handshake has neither.
func isWhole(line string) bool {
	_, ok := fieldsOf(line)
	return ok && strings.Count(line, `"`)%2 == 0 || strings.Contains(line, " handshake")
}

// hasMillis tells, faster than begins, whether a line may have such a date.
func hasMillis(line string) bool {
	for from := 0; ; {
		i := strings.IndexByte(line[from:], ']')
		if i < 0 {
			return false
		}
		if from += i + 1; from > 4 && line[from-5] == '.' {
			return true
		}
	}
}
