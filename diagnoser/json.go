package diagnoser

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
)

// WriteJSON writes the report as JSON, indented. The error is the writer's.
func (r *Report) WriteJSON(w io.Writer) error { return writeJSON(w, r) }

// writeJSON also escapes what JSON allows and a terminal acts upon: control characters
// above 7f and those that change the direction of text. The values stay the same.
func writeJSON(w io.Writer, v any) error {
	var plain, safe bytes.Buffer
	enc := json.NewEncoder(&plain)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	for _, c := range plain.String() {
		switch {
		case c == '\n', !unicode.IsControl(c) && !unicode.Is(unicode.Cf, c) && !unicode.Is(unicode.Zl, c) && !unicode.Is(unicode.Zp, c):
			safe.WriteRune(c)
		case c > 0xffff:
			high, low := utf16.EncodeRune(c)
			fmt.Fprintf(&safe, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&safe, `\u%04x`, c)
		}
	}
	_, err := w.Write(safe.Bytes())
	return err
}
