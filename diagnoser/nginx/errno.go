package nginx

import "strings"

// errnoOf reads the number, in Linux's numbering by the text beside it, of "… failed (111: Connection refused)". It is the
// last parenthesis that begins with digits and a colon, as the text in front may
// hold a path.
func errnoOf(message string) int {
	for end := len(message); ; {
		at := strings.LastIndexByte(message[:end], '(')
		if at < 0 {
			return 0
		}
		digits, text, ok := strings.Cut(message[at+1:], ":")
		if n := number(digits); ok && n > 0 && len(digits) < 6 {
			text, _, _ = strings.Cut(text, ")")
			return linuxErrno(message, int(n), text)
		}
		end = at
	}
}
