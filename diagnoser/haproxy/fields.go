package haproxy

import "strings"

// lead is how many words in front of the timers are looked at: client, date, frontend, backend/server.
const lead = 4

// fields are those of a line in one of HAProxy's own formats.
type fields struct {
	client, date, frontend, backend, server string
	timers                                  []string
	state                                   string
}

// fieldsOf reads a line in the HTTP log format: frontend, backend/server, five timers, status, bytes, two
// cookies, the termination state (configuration manual, 8.2.3); a format of the user's own may have one or two
// timers more (8.2.4); or in the TCP log format: three timers,
// bytes, a termination state of two flags (8.2.2). What stands before the timers may have been taken
// out of what was quoted, the backend apart. It goes through the line once.
func fieldsOf(line string) (f fields, ok bool) {
	var before [lead]string // the words read last
	for end := 0; ; {
		start := end
		for start < len(line) && line[start] == ' ' {
			start++
		}
		if start >= len(line) {
			return f, false
		}
		end = start
		for end < len(line) && line[end] != ' ' {
			end++
		}
		word := line[start:end]
		if n := timersIn(word); (n >= 5 && n <= 7 || n == 3) && before[lead-1] != "" {
			if f.state, ok = stateBehind(line[end:], n); ok {
				f.timers = strings.Split(strings.Replace(word, "/+", "/", 1), "/")
				if f.named(before) {
					return f, true
				}
			}
		}
		copy(before[:], before[1:])
		before[lead-1] = word
	}
}

// timersIn counts the numbers of "0/0/-1/-1/+3"; 0 for another word.
func timersIn(word string) (n int) {
	if word == "" || word[0] != '-' && word[0]-'0' > 9 {
		return 0
	}
	for i := 0; ; n++ {
		if i < len(word) && (word[i] == '-' || word[i] == '+') {
			i++
		}
		from := i
		for i < len(word) && word[i]-'0' <= 9 {
			i++
		}
		switch {
		case i == from:
			return 0
		case i == len(word):
			return n + 1
		case word[i] != '/':
			return 0
		}
		i++
	}
}

// stateBehind reads what follows the timers, up to the termination state.
func stateBehind(rest string, timers int) (state string, ok bool) {
	var words [5]string
	n := 0
	for n < len(words) && rest != "" {
		if words[n], rest, _ = strings.Cut(rest, " "); words[n] != "" {
			n++
		}
	}
	if timers == 3 {
		return words[1], isCount(words[0]) && isState(words[1], 2) && timersIn(words[2]) > 1
	}
	return words[4], len(words[0]) <= 3 && timersIn(words[0]) == 1 && isCount(words[1]) && isState(words[4], 4)
}

func at(words []string, i int) string {
	if i < len(words) {
		return words[i]
	}
	return ""
}

func isCount(word string) bool { return timersIn(strings.TrimPrefix(word, "+")) == 1 }

// flags are those that each place of a termination state can have (8.5).
var flags = [4]string{"CSPLRIDUKcs-", "RQCHDLT-", "NIDVEOU-", "NIUPRD-"}

// isState tells whether a word can be a termination state of that many flags.
func isState(word string, n int) bool {
	if len(word) != n {
		return false
	}
	for i := range n {
		if strings.IndexByte(flags[i], word[i]) < 0 {
			return false
		}
	}
	return true
}

// named reads the words in front of the timers.
func (f *fields) named(before [lead]string) bool {
	i := lead - 1
	backend, server, split := strings.Cut(before[i], "/")
	if backend == "" || len(f.timers) == 3 && (!split || server == "") {
		return false
	}
	f.backend, f.server = backend, server
	if i--; before[i] != "" && before[i][0] != '[' {
		f.frontend = before[i]
		i--
	}
	if date, ok := strings.CutPrefix(before[i], "["); ok && strings.HasSuffix(date, "]") {
		f.date = strings.TrimSuffix(date, "]")
		i--
	}
	if i < 0 {
		return true
	}
	if colon := strings.LastIndexByte(before[i], ':'); colon > 0 && isCount(before[i][colon+1:]) {
		f.client = before[i][:colon]
	}
	return true
}
