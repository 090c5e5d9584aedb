package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/harness/drill"
)

// Story tells one drill for a person: symptom, diagnosis, traps, remedy. The error is the writer's.
func Story(w io.Writer, s *drill.Session, options diagnoser.TextOptions) error {
	fmt.Fprintf(w, "\n%s: %s\n\n%s\n", s.Result.Name(), s.Title, strings.TrimSpace(s.Story))
	heading(w, "Symptom")
	fmt.Fprintf(w, "status %d after %s\n", s.First.Seen.Status, round(s.First.Seen.Took))
	if s.Drill.Symptom().Blank {
		fmt.Fprintln(w, "an empty page")
	}
	for _, e := range s.First.Log.Events {
		fmt.Fprintf(w, "%q\n", e.Message)
	}
	heading(w, "Diagnosis, from the evidence alone")
	if s.Report != nil {
		if err := s.Report.WriteText(w, options); err != nil {
			return err
		}
	}
	heading(w, "Tempting, and wrong")
	for _, t := range s.Sprung {
		fmt.Fprintf(w, "%s %d with %s:\n    %s\n", held(t.Held), t.Seen.Status, t.Name(), t.Why)
	}
	heading(w, "After the proposed remedy")
	if s.Result.Recovered {
		kind := "new"
		if len(s.Probe.Expect.Events) > 0 {
			kind = "other" // the failure itself stays; how it is shown was the matter
		}
		_, err := fmt.Fprintf(w, "%s: %d times %d in a row, no %s error in the log (%.2f s in all)\n\n",
			s.Result.Remedy, drill.SteadyProbes, s.Probe.Expect.Status, kind, s.Result.Seconds)
		return err
	}
	_, err := fmt.Fprintf(w, "not recovered: %s\n", s.Result.Mismatches)
	return err
}

func heading(w io.Writer, text string) { fmt.Fprintf(w, "\n-- %s\n", text) }

func held(h bool) string {
	if h {
		return "still"
	}
	return "NOW"
}

func round(d time.Duration) time.Duration {
	if d > 10*time.Millisecond {
		return d.Round(time.Millisecond)
	}
	return d.Round(10 * time.Microsecond)
}
