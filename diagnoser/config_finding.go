package diagnoser

import (
	"strconv"
	"strings"
)

// configVerdict says that the configuration given does not parse and was not used.
func (in *inquiry) configVerdict() (verdict, bool) {
	if in.configErr == nil {
		return verdict{}, false
	}
	file, rest, _ := strings.Cut(in.configErr.Error(), ":")
	line, text, _ := strings.Cut(rest, ":")
	n, _ := strconv.Atoi(line)
	c, _ := CauseNamed("config-error")
	return verdict{Finding: Finding{
		Cause: c.Name, Kind: c.Kind, Certainty: Proved, Count: 1,
		Where: &Where{File: file, Line: n, Column: 1},
		Evidence: []Fact{{Source: fromConfig, Text: strings.TrimSpace(text) + "; the configuration was not used",
			Ref: file + ":" + line}},
		Remedies: nil,
	}}, true
}
