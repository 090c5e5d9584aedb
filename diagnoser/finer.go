package diagnoser

import (
	_ "embed" // finer.json
	"encoding/json"
	"fmt"
	"sync"
)

// Form is one way in which a cause comes about: a name finer than those of causes.json, for
// people who look something up. A finding always names the cause.
type Form struct {
	Name    string `json:"name"`
	Cause   string `json:"cause"`
	Meaning string `json:"meaning"`
}

//go:embed finer.json
var finerJSON []byte

var finer = sync.OnceValue(func() (list []Form) {
	if err := json.Unmarshal(finerJSON, &list); err != nil {
		panic(fmt.Sprintf("diagnoser: finer.json: %v", err))
	}
	return list
})

// Forms returns all finer names, in the order of finer.json.
func Forms() []Form { return append([]Form(nil), finer()...) }

// FormNamed returns the finer name's form.
func FormNamed(name string) (Form, bool) {
	for _, f := range finer() {
		if f.Name == name {
			return f, true
		}
	}
	return Form{}, false
}

// formsOf lists the forms of a cause for people, "" without any.
func formsOf(cause string) (text string) {
	for _, f := range finer() {
		if f.Cause == cause {
			text += f.Name + ": " + f.Meaning + ".\n"
		}
	}
	return text
}
