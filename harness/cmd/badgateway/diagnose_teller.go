package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/tail"
)

// againMax is of how many findings one line says that they came again.
const againMax = 5

// teller tells what following a log finds.
type teller interface {
	finding(diagnoser.Finding) error
	again([]tail.Again) error
	summary(diagnoser.Summary, []diagnoser.Finding) error
}

func newTeller(c *cobra.Command, format string) teller {
	if format == "json" {
		return jsonTeller{json.NewEncoder(c.OutOrStdout())}
	}
	return &textTeller{w: c.OutOrStdout(), options: textOptions(c.OutOrStdout())}
}

// textTeller writes for people.
type textTeller struct {
	w       io.Writer
	options diagnoser.TextOptions
}

func (t *textTeller) finding(f diagnoser.Finding) error {
	if err := f.WriteText(t.w, t.options); err != nil {
		return err
	}
	_, err := fmt.Fprintln(t.w)
	return err
}

func (t *textTeller) again(list []tail.Again) error {
	if len(list) == 0 {
		return nil
	}
	var parts []string
	for _, a := range list[:min(len(list), againMax)] {
		parts = append(parts, fmt.Sprintf("%s %d more (%d)", strings.TrimSpace(a.Cause+" "+a.Upstream), a.More, a.Count))
	}
	if more := len(list) - len(parts); more > 0 {
		parts = append(parts, fmt.Sprintf("and of %d others", more))
	}
	_, err := fmt.Fprintf(t.w, "%s again: %s\n", time.Now().Format(time.TimeOnly), diagnoser.Printable(strings.Join(parts, "; ")))
	return err
}

func (t *textTeller) summary(s diagnoser.Summary, findings []diagnoser.Finding) error {
	for _, f := range findings {
		what := strings.TrimSpace(cmp.Or(f.Certainty, "-") + " " + f.Cause + " " + f.Upstream)
		if _, err := fmt.Fprintf(t.w, "%8d  %s\n", f.Count, diagnoser.Printable(what)); err != nil {
			return err
		}
	}
	return s.WriteText(t.w, t.options)
}

// jsonTeller writes one object a line. The type says which of the other fields there are.
type jsonTeller struct{ *json.Encoder }

type told struct {
	Time    time.Time          `json:"time"`
	Type    string             `json:"type"` // finding, again or summary
	Finding *diagnoser.Finding `json:"finding,omitempty"`
	*tail.Again
	Summary  *diagnoser.Summary  `json:"summary,omitempty"`
	Findings []diagnoser.Finding `json:"findings,omitempty"`
}

func (t jsonTeller) finding(f diagnoser.Finding) error {
	return t.Encode(told{Time: time.Now(), Type: "finding", Finding: &f})
}

func (t jsonTeller) again(list []tail.Again) error {
	for _, a := range list {
		if err := t.Encode(told{Time: time.Now(), Type: "again", Again: &a}); err != nil {
			return err
		}
	}
	return nil
}

func (t jsonTeller) summary(s diagnoser.Summary, findings []diagnoser.Finding) error {
	return t.Encode(told{Time: time.Now(), Type: "summary", Summary: &s, Findings: findings})
}
