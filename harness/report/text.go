package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/width"
)

// escaped has each control character of a text, and whatever else does not print, as Go writes it: \n, \x1b.
func escaped(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRune(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}

// fit escapes a text and shortens it to so many columns of a terminal.
func fit(s string, columns int) string {
	s = escaped(s)
	used, keep := 0, 0
	for i, r := range s {
		if used < columns {
			keep = i // the last place at which an ellipsis still fits
		}
		if used += runeColumns(r); used > columns {
			return s[:keep] + "…"
		}
	}
	return s
}

func columns(s string) (n int) {
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

// runeColumns is 2 for the wide characters of East Asian scripts (Unicode Standard Annex 11), otherwise 1.
func runeColumns(r rune) int {
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// took is a duration for a reader: "3 min 10 s", "12 s", "0.7 s".
func took(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	d = d.Round(time.Second)
	hours, minutes, seconds := d/time.Hour, d%time.Hour/time.Minute, d%time.Minute/time.Second
	switch {
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%d min %d s", minutes, seconds)
	}
	return fmt.Sprintf("%d s", seconds)
}

// left is a time to go, no more exact than an estimate is.
func left(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return "a few seconds left"
	case d < 55*time.Second:
		return fmt.Sprintf("about %d s left", (d+5*time.Second)/(10*time.Second)*10)
	case d < 90*time.Minute:
		return fmt.Sprintf("about %d min left", (d+30*time.Second)/time.Minute)
	}
	return fmt.Sprintf("about %.1f h left", d.Hours())
}
