//go:build live

package suite

import (
	"strings"

	"github.com/onsi/gomega/gcustom"
	"github.com/onsi/gomega/types"

	"github.com/badgateway/badgateway/harness/drill"
)

// DoAsDeclared holds when a step found nothing that differs from the scenario's declaration.
func DoAsDeclared() types.GomegaMatcher {
	return gcustom.MakeMatcher(func(m drill.Mismatches) (bool, error) { return len(m) == 0, nil }).
		WithTemplate("the drill did not do as declared:\n{{.Data.List .Actual}}", mismatchList{})
}

type mismatchList struct{}

// List puts one mismatch on each line.
func (mismatchList) List(m drill.Mismatches) string {
	return "  - " + strings.ReplaceAll(m.String(), "; ", "\n  - ")
}
