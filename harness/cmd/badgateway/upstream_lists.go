package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/badgateway/badgateway/containers/nginx"
	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/faults"
)

// columns is the width of the lists of faults and steps.
const columns = 80

// listFaults tells of each fault its name, what a client of nginx gets, and what the upstream does.
func listFaults(w io.Writer) error {
	for fault := range faults.All() {
		o, _ := fault.Expect(fault.Places[0], nginx.Newest())
		if _, err := fmt.Fprintf(w, "%-34s %s\n%s", fault.Name, o.Answer(), folded(fault.Doc)); err != nil {
			return err
		}
	}
	return nil
}

// listSteps tells what a plan can be made of, with an example of each.
func listSteps(w io.Writer) error {
	var b strings.Builder
	b.WriteString("Steps of scripts, under connections, exchanges, default and idle:\n\n")
	for _, s := range simulator.Steps() {
		fmt.Fprintf(&b, "%s\n%s", s.Usage, folded(s.Doc))
	}
	b.WriteString("\nMatches of rules, under connections and exchanges:\n\n")
	for _, m := range simulator.Matches() {
		fmt.Fprintf(&b, "%s\n%s", m.Usage, folded(m.Doc))
	}
	fmt.Fprintf(&b, "\nMarks, for cut_at, stall_at and dribble, with index: N and plus: BYTES:\n\n%s", folded(strings.Join(simulator.Marks(), ", ")))
	_, err := io.WriteString(w, b.String())
	return err
}

// folded is a text in indented lines.
func folded(text string) string {
	var lines strings.Builder
	line := "   "
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > columns {
			lines.WriteString(line + "\n")
			line = "   "
		}
		line += " " + word
	}
	return lines.String() + line + "\n"
}
