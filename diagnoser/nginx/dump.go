package nginx

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

const dumpMark = "# configuration file "

// splitDump takes the output of `nginx -T` apart at its lines "# configuration
// file PATH:". What stands before the first of them is nginx's "syntax is ok".
func splitDump(files []evidence.File) (all []evidence.File) {
	for _, f := range files {
		parts := dumpParts(f.Text)
		if parts == nil {
			parts = []evidence.File{f}
		}
		all = append(all, parts...)
	}
	return all
}

func dumpParts(text string) (parts []evidence.File) {
	if !strings.Contains(text, dumpMark) {
		return nil
	}
	from := -1
	for at := 0; at < len(text); {
		end := at + strings.IndexByte(text[at:], '\n') + 1
		if end == at {
			end = len(text)
		}
		line := strings.TrimRight(text[at:end], "\r\n")
		if p, ok := strings.CutPrefix(line, dumpMark); ok && strings.HasSuffix(p, ":") {
			if from >= 0 {
				parts[len(parts)-1].Text = trimDump(text[from:at])
			}
			parts = append(parts, evidence.File{Path: strings.TrimSuffix(p, ":")})
			from = end
		}
		at = end
	}
	if from >= 0 {
		parts[len(parts)-1].Text = trimDump(text[from:])
	}
	return parts
}

// trimDump removes the empty line that nginx prints behind each file.
func trimDump(s string) string {
	return strings.TrimSuffix(s, "\n")
}
