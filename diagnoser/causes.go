package diagnoser

import (
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
// only hides it. The error of an unknown name lists the known ones.
func Explain(name string) (string, error) {
	c, ok := CauseNamed(name)
	if !ok {
		return "", fmt.Errorf("unknown cause %q; known are: %s", name, strings.Join(causeNames(), ", "))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", c.Name, c.Meaning)
	doc := rules[name].doc
	for _, part := range []struct{ title, text string }{
		{"What it is", doc.What}, {"Confirm", doc.Confirm}, {"Mends it", doc.Mends}, {"Only hides it", doc.Hides},
	} {
		if part.text != "" {
			fmt.Fprintf(&b, "\n%s\n%s", part.title, wrap(part.text, "    ", 80))
		}
	}
	if doc == (Doc{}) {
		b.WriteString("\nNo rule finds it yet; it is named as an alternative only.\n")
	}
	return b.String(), nil
}

func causeNames() (names []string) {
	for _, c := range causes() {
		names = append(names, c.Name)
	}
	return names
}
