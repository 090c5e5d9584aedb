package nginx

import (
	"bytes"
	"encoding/json"
)

// prefixMax bounds what a log carrier may have put before a record.
const prefixMax = 256

// carrierKeys are the names under which JSON carriers keep the line itself. Under
// other names stands what clients sent.
var carrierKeys = [][]byte{
	[]byte(`"log":"`), []byte(`"message":"`), []byte(`"msg":"`), []byte(`"MESSAGE":"`), []byte(`"textPayload":"`),
	[]byte(`"_raw":"`), []byte(`"line":"`), []byte(`"body":"`),
}

// prefixLen finds a record behind what docker compose, swarm, Kubernetes, journald,
// syslog, grep or a mail put before it, and returns where; -1 without one. A quote
// in front means another record, an access log's perhaps, that quotes what a client sent.
func prefixLen(line []byte) int {
	line = line[:min(len(line), prefixMax+timestampLen+3)]
	for from := 0; ; {
		i := bytes.IndexByte(line[from:], '[')
		if i < 0 {
			return -1
		}
		from += i + 1
		at := from - timestampLen - 2
		if at > 0 && startsRecord(line[at:]) {
			if carries(line[:at]) {
				return at
			}
			return -1
		}
	}
}

// carries tells whether a carrier could have written these bytes before a record.
func carries(prefix []byte) bool {
	return bytes.IndexByte(prefix, '"') < 0 || isJSON(prefix)
}

// inJSON tells whether a line is a record within JSON.
func inJSON(line []byte) bool {
	n := prefixLen(line)
	return n > 0 && isJSON(line[:n])
}

func isJSON(prefix []byte) bool {
	if len(prefix) == 0 || prefix[len(prefix)-1] != '"' {
		return false
	}
	tight := bytes.ReplaceAll(prefix, []byte(`": "`), []byte(`":"`))
	for _, k := range carrierKeys {
		if bytes.HasSuffix(tight, k) {
			return true
		}
	}
	return false
}

// unwrap takes the prefix, n bytes, from a record and from the lines joined to it.
func unwrap(b []byte, n int) []byte {
	prefix := b[:n]
	if isJSON(prefix) {
		first, _, _ := bytes.Cut(b[n:], []byte("\n"))
		return decodeJSON(first)
	}
	if end := bytes.IndexByte(b, '\n'); end < 0 || end == len(b)-1 {
		return b[n:]
	}
	out := make([]byte, 0, len(b)-n)
	for line := range bytes.Lines(b) {
		out = append(out, bytes.TrimPrefix(line, prefix)...)
	}
	return out
}

// Carried returns the line that a carrier keeps in JSON, and another line as it is.
func Carried(line []byte) []byte {
	if len(line) == 0 || line[0] != '{' {
		return line
	}
	for _, k := range carrierKeys {
		if i := bytes.Index(line[:min(len(line), prefixMax)], k); i >= 0 {
			return decodeJSON(line[i+len(k):])
		}
	}
	return line
}

// decodeJSON reads the rest of a JSON string, which may be cut.
func decodeJSON(b []byte) []byte {
	end := 0
	for end < len(b) && b[end] != '"' {
		if b[end] == '\\' {
			end++
		}
		end++
	}
	end = min(end, len(b))
	var text string
	if json.Unmarshal(append(append([]byte{'"'}, b[:end]...), '"'), &text) != nil {
		return bytes.ReplaceAll(b[:end], []byte(`\"`), []byte(`"`))
	}
	return bytes.TrimRight([]byte(text), "\r\n")
}
