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
	return ""
}
