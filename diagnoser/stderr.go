package diagnoser

import "strings"

// stderrKind sorts what a FastCGI application writes to stderr; most of it is no failure.
func stderrKind(message string) string {
	for _, known := range []string{"Primary script unknown", "Access to the script", "Unable to open primary script"} {
		if strings.Contains(message, known) {
			return known
		}
	}
	return ""
}
