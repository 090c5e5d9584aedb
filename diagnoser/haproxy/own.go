package haproxy

import (
	"regexp"
	"strings"
)

// own are the words of HAProxy's messages. Is looks for the first of each, and then for the whole.
var own = []struct {
	words string
	whole *regexp.Regexp
}{
	{" reason: ", regexp.MustCompile(`Server \S+ (?:is (?:DOWN|UP)|failed|succeeded), reason: (?:Layer[4-7]|External|Health|Socket|Internal)`)},
	{" is UP/READY", regexp.MustCompile(`Server \S+/\S+ is UP/READY`)},
	{"has no server available!", regexp.MustCompile(`(?:backend|proxy) '?\S+?'? has no server available!`)},
	{"could not resolve address '", regexp.MustCompile(`(?:\[ALERT\]|\[WARNING\]|haproxy).* : parsing \[`)},
	{"Connect() failed for backend ", full},
	{"): invalid response", invalid},
	{" : ", regexp.MustCompile(`\[(?:ALERT|WARNING|NOTICE)\] {1,6}(?:\d{3}/\d{6} )?\(\d+\) : `)},
}

// Is tells whether a line is HAProxy's, whatever carried it. What stands in quotes, such as
// a request that looks like one, makes none.
func Is(line string) bool {
	line = line[:min(len(line), lineMax)]
	plain, _, _ := strings.Cut(line, `"`)
	if f, ok := fieldsOf(plain); ok { // the request, in quotes, comes last
		return f.date+f.client != "" || len(f.timers) >= 5
	}
	for i := range own {
		if o := &own[i]; strings.Contains(plain, o.words) && o.whole.MatchString(plain) {
			return true
		}
	}
	f, _, ok := jsonFields(line)
	return ok && f.backend+f.server != ""
}

// Unknown tells, of a line that Parse does not read, whether it is of a session that the server or HAProxy itself ended, with a
// termination state (8.5) that has no meaning here. A request that was refused or tarpitted is none.
func Unknown(line string) bool {
	line = line[:min(len(line), lineMax)]
	f, ok := fieldsOf(line)
	if !ok {
		f, _, ok = jsonFields(line)
	}
	return ok && f.server != "<NOSRV>" && strings.IndexByte("SsPRID", f.state[0]) >= 0 && f.state[1] != 'R' && f.state[1] != 'T'
}
