package diagnoser

import "strings"

// stderrKind sorts what a FastCGI application writes to stderr; most of it is no failure.
func stderrKind(message string) string {
	if strings.Contains(message, "Unable to open primary script") && strings.Contains(message, "Permission denied") {
		return "Permission denied"
	}
	for _, known := range []string{"Primary script unknown", "Access to the script", "Unable to open primary script"} {
		if strings.Contains(message, known) {
			return known
		}
	}
	for _, fatal := range []string{fatalOther, fatalParse} {
		_, text, ok := strings.Cut(message, fatal+":")
		switch text = strings.TrimSpace(text); {
		case !ok:
		case strings.HasPrefix(text, fatalMemory):
			return fatalMemory
		case strings.HasPrefix(text, fatalTime):
			return fatalTime
		default:
			return fatal
		}
	}
	return ""
}
