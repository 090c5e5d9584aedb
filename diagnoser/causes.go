package diagnoser

import (
	"cmp"
	_ "embed" // causes.json
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

// Cause is a named reason, the same word in scenarios, rules, docs and commands.
type Cause struct {
	Name    string `json:"cause"`
	Kind    string `json:"kind"` // "upstream-failure" or "other"
	Family  string `json:"family"`
	Meaning string `json:"meaning"`
}

//go:embed causes.json
var causesJSON []byte

var causes = sync.OnceValue(func() (list []Cause) {
	if err := json.Unmarshal(causesJSON, &list); err != nil {
		panic(fmt.Sprintf("diagnoser: causes.json: %v", err))
	}
	return list
})

// Causes returns all causes that have a name, in the order of causes.json.
func Causes() []Cause { return append([]Cause(nil), causes()...) }

// CauseNamed returns the cause of that name.
func CauseNamed(name string) (Cause, bool) {
	for _, c := range causes() {
		if c.Name == name {
			return c, true
		}
	}
	return Cause{}, false
}

// Explain tells what a cause is, how to confirm it by hand, what mends it and what
// only hides it; of a check, what it finds. The error of an unknown name lists the known causes.
func Explain(name string) (string, error) {
	if k, ok := checks[name]; ok {
		return k.explain(), nil
	}
	var b strings.Builder
	if f, ok := FormNamed(name); ok {
		b.WriteString(wrap(f.Name+": "+f.Meaning, "", 80) + "\nIt is a form of\n\n")
		name = f.Cause
	}
	c, ok := CauseNamed(name)
	if !ok {
		return "", fmt.Errorf("unknown cause %q; known are: %s", name, strings.Join(causeNames(), ", "))
	}
	fmt.Fprintf(&b, "%s: %s\n", c.Name, c.Meaning)
	doc := docOf(name)
	explainParts(&b, []part{{"What it is", doc.What}, {"Confirm", doc.Confirm}, {"Mends it", doc.Mends}, {"Only hides it", doc.Hides}, {"Source", doc.Source}})
	if _, ok := rules[name]; !ok {
		b.WriteString("\nIt is no failure of an upstream: diagnose passes it over.\n")
	}
	if list := formsOf(name); list != "" {
		b.WriteString("\nForms\n")
		for line := range strings.Lines(list) {
			b.WriteString(wrap(strings.TrimSpace(line), "    ", 80))
		}
	}
	return b.String(), nil
}

type part struct{ title, text string }

func explainParts(b *strings.Builder, parts []part) {
	for _, p := range parts {
		if p.text != "" {
			fmt.Fprintf(b, "\n%s\n%s", p.title, wrap(p.text, "    ", 80))
		}
	}
}

func (c check) explain() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: a mistake in the configuration (%s) that leads to %s\n", c.name, c.severity, c.cause)
	explainParts(&b, []part{{"What it is", c.doc.What}, {"Mends it", c.doc.Mends}, {"Versions of nginx", cmp.Or(c.doc.Versions, "all")}, {"Known from", c.doc.From}})
	return b.String()
}

func causeNames() (names []string) {
	for _, c := range causes() {
		names = append(names, c.Name)
	}
	return names
}
