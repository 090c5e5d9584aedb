package nginx

import (
	"bytes"
	"html"
	"strings"
)

// clean undoes what carrying and pasting does to a record's quotes: escapes of JSON
// or a shell, HTML entities, typographic quotes. A record whose own fields are in
// plain quotes stays as it is, whatever a client put into them.
func clean(b []byte) []byte {
	if bytes.Contains(b, []byte(`, request: "`)) || bytes.Contains(b, []byte(`upstream: "`)) {
		return unstar(b)
	}
	if bytes.IndexByte(b, '\\') < 0 && bytes.IndexByte(b, '&') < 0 && !bytes.Contains(b, []byte("\u201c")) && !bytes.Contains(b, []byte("\u201d")) {
		return unstar(b)
	}
	text := string(b)
	for range 3 { // what was escaped twice is unescaped twice
		switch {
		case opensField(text, `\"`), opensField(text, `\\"`), opensField(text, `\\\"`):
			text = strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(text)
		case opensField(text, "&quot;"), opensField(text, "&#34;"), opensField(text, "&amp;"), opensField(text, "&#x22;"):
			text = html.UnescapeString(text)
		case opensField(text, "“"), opensField(text, "”"):
			text = strings.NewReplacer("“", `"`, "”", `"`).Replace(text)
		default:
			return unstar([]byte(text))
		}
	}
	return unstar([]byte(text))
}

func opensField(text, quote string) bool {
	for _, name := range []string{"request: ", "upstream: ", "stderr: "} {
		if strings.Contains(text, name+quote) {
			return true
		}
	}
	return false
}

// unstar takes away marks that make the errno bold in a pasted text.
func unstar(b []byte) []byte {
	if !bytes.Contains(b, []byte("**(")) {
		return b
	}
	return bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("**("), []byte("(")), []byte(")**"), []byte(")"))
}
