package nginx

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// accessJSON reads a line that is a JSON object, or holds one as a carrier's message.
func accessJSON(text string) accessFields {
	at := strings.IndexByte(text, '{')
	if at < 0 || strings.IndexByte(text[:at], '"') >= 0 {
		return nil
	}
	var object map[string]any
	if json.NewDecoder(strings.NewReader(text[at:])).Decode(&object) != nil {
		return nil
	}
	f := accessFields{}
	for name, value := range object {
		variable, known := accessNames[name]
		switch v := value.(type) {
		case string:
			if known {
				f[variable] = v
			} else if name == "log" && strings.Contains(v, "upstream") && strings.HasPrefix(v, "{") {
				return accessJSON(v)
			} else if name == "log" {
				return accessPairs(v)
			}
		case float64:
			if known {
				f[variable] = strings.TrimSuffix(fmt.Sprintf("%.3f", v), ".000")
			}
		}
	}
	if addr, ok := f["addr"]; ok && addr == "" {
		f["addr"] = "-" // escape=json writes nothing for a variable without a value
	}
	return f
}

// ingress is the default log_format of ingress-nginx; before 0.24 it had an address in brackets more, no
// alternative upstream and no request id.
var ingress = regexp.MustCompile(`(\S+) - (?:\[[^\]]*\] - )?\S+ (?:- )?\[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}) \d+ "(?:[^"\\]|\\.)*" "(?:[^"\\]|\\.)*" \d+ ([\d.]+) \[[^\]]*\] (?:\[[^\]]*\] )?` +
	`(\S+(?:(?:,| :) \S+)*) ([\d-]+(?:(?:,| :) [\d-]+)*) ([\d.-]+(?:(?:,| :) [\d.-]+)*) ([\d-]+(?:(?:,| :) [\d-]+)*)(?: [\w-]+)?\s*$`)

func accessIngress(text string) accessFields {
	if !strings.Contains(text, " [") {
		return nil
	}
	m := ingress.FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	return accessFields{"client": m[1], "time": m[2], "request": m[3], "code": m[4], "took": m[5], "addr": m[6], "received": m[7], "response": m[8], "status": m[9]}
}

// accessPairs reads names with values, and what of the common form stands before them. A name
// inside of quotes is what a client sent. Of a name that is there twice the last counts: nginx's
// variables stand behind what clients send unquoted.
func accessPairs(text string) accessFields {
	f := accessFields{}
	readCommon(text, f)
	for at := 0; at < len(text); {
		if text[at] == '"' {
			at = quoteEnd(text, at)
			continue
		}
		start := at
		for at < len(text) && (isWord(text[at]) || text[at] == '@') {
			at++
		}
		if at == start || at >= len(text) || text[at] != '=' {
			at = max(at, start+1)
			continue
		}
		variable, known := accessNames[text[start:at]]
		var value string
		value, at = pairValue(text, at+1)
		if known && (variable != "addr" || addressList(value)) {
			f[variable] = value
		}
	}
	return f
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

// quoteEnd returns where the quoted text that begins at ends; nginx writes a quote in it as \x22 or \".
func quoteEnd(text string, at int) int {
	for at++; at < len(text) && text[at] != '"'; at++ {
		if text[at] == '\\' {
			at++
		}
	}
	return min(at+1, len(text))
}

// pairValue reads a value, quoted or not. An unquoted list goes on behind its commas and colons.
func pairValue(text string, at int) (string, int) {
	if at < len(text) && text[at] == '"' {
		end := quoteEnd(text, at)
		return strings.TrimSuffix(text[at+1:end], `"`), end
	}
	end := at
	for end < len(text) && text[end] != '|' && text[end] != '\t' && text[end] != ';' && text[end] != '"' && text[end] != ']' {
		if text[end] == ' ' && text[end-1] != ',' && !(text[end-1] == ':' && end > 1 && text[end-2] == ' ') && !strings.HasPrefix(text[end:], " : ") {
			break
		}
		end++
	}
	return strings.TrimRight(text[at:end], ","), end
}

// clf is what the common log format begins with.
var clf = regexp.MustCompile(`(\S+) - .*?\[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}) \d+(?: "(?:[^"\\]|\\.)*" "(?:[^"\\]|\\.)*")?`)

// own is what the printed format begins with.
var own = regexp.MustCompile(`(\d{4}-\d\d-\d\dT\S+) (\S+) "((?:[^"\\]|\\.)*)" (\d{3}) \d+ `)

// readCommon reads the fields without names, and returns what is behind them.
func readCommon(text string, f accessFields) (rest string, ok bool) {
	if m := clf.FindStringSubmatchIndex(text); m != nil {
		f["client"], f["time"], f["request"], f["code"] = text[m[2]:m[3]], text[m[4]:m[5]], text[m[6]:m[7]], text[m[8]:m[9]]
		return text[m[1]:], true
	}
	if m := own.FindStringSubmatchIndex(text); m != nil {
		f["time"], f["client"], f["request"], f["code"] = text[m[2]:m[3]], text[m[4]:m[5]], text[m[6]:m[7]], text[m[8]:m[9]]
		return text[m[1]:], true
	}
	return "", false
}

var (
	peerList   = regexp.MustCompile(`^(?:[\w.-]+:\d+|\[[0-9a-f:]+\]:\d+|unix:[^\s"]+)(?:(?:,| :) (?:[\w.-]+:\d+|\[[0-9a-f:]+\]:\d+|unix:[^\s"]+))*$`)
	statusList = regexp.MustCompile(`^[1-5]\d\d(?:(?:,| :) (?:[1-5]\d\d|-))*$`)
	timeList   = regexp.MustCompile(`^(?:\d+\.\d{3}|-)(?:(?:,| :) (?:\d+\.\d{3}|-))*$`)
	item       = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"|([^\s"\[\]]+(?:, [^\s"\[\]]+)*)`)
)

// accessCombined reads the combined form with upstream fields behind it that have no names: an address is
// known by its port, a status by its digits, a time by its three decimals. The last time is that of the response.
func accessCombined(text string) accessFields {
	f := accessFields{}
	rest, ok := readCommon(text, f)
	if !ok {
		return nil
	}
	for _, m := range item.FindAllStringSubmatch(rest, 32) {
		switch value := m[1] + m[2]; {
		case peerList.MatchString(value):
			f["addr"] = value
		case statusList.MatchString(value):
			f["status"] = value
		case timeList.MatchString(value) && value != "-":
			f["response"] = value
		}
	}
	return f
}
