package nginx

import "strings"

// WithoutVariable writes a value in place of a variable, "$name" or "${name}", in an argument as it stands in the
// configuration. A variable whose name only begins alike is left.
func WithoutVariable(raw, variable, value string) string {
	raw = strings.ReplaceAll(raw, "${"+strings.TrimPrefix(variable, "$")+"}", value)
	var out strings.Builder
	for {
		i := strings.Index(raw, variable)
		if i < 0 {
			return out.String() + raw
		}
		end := i + len(variable)
		out.WriteString(raw[:i])
		if end < len(raw) && isWord(raw[end]) {
			out.WriteString(variable)
		} else {
			out.WriteString(value)
		}
		raw = raw[end:]
	}
}
