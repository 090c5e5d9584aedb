package diagnoser

import "strings"

// wrap breaks text at spaces so that no line passes width columns, each behind
// indent. Line breaks in the text stay; a word longer than a line stands alone.
func wrap(text, indent string, width int) string {
	var b strings.Builder
	for _, paragraph := range strings.Split(text, "\n") {
		column := 0
		for _, word := range strings.Fields(paragraph) {
			n := len([]rune(word))
			if column > 0 && column+1+n > width {
				b.WriteByte('\n')
				column = 0
			}
			if column == 0 {
				b.WriteString(indent)
				column = len(indent)
			} else {
				b.WriteByte(' ')
				column++
			}
			b.WriteString(word)
			column += n
		}
		b.WriteByte('\n')
	}
	return b.String()
}
