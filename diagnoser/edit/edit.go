// Package edit changes text files by byte offset: all that is outside of an edit stays
// as it is.
package edit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// Edit replaces Old by New at a byte offset of one file.
type Edit struct {
	File   string
	Offset int
	Old    string
	New    string
}

// Apply carries out the edits of one file, given for text as it is: ascending,
// without overlap. An Old that does not stand there is an error and nothing is changed.
func Apply(text string, edits []Edit) (string, error) {
	var b strings.Builder
	at := 0
	for _, e := range edits {
		if e.Offset < at || e.Offset > len(text) || !strings.HasPrefix(text[e.Offset:], e.Old) {
			return "", fmt.Errorf("%s: edit at byte %d: %q does not stand there", e.File, e.Offset, e.Old)
		}
		b.WriteString(text[at:e.Offset])
		b.WriteString(e.New)
		at = e.Offset + len(e.Old)
	}
	b.WriteString(text[at:])
	return b.String(), nil
}

// Files returns files with edits carried out.
func Files(files []evidence.File, edits []Edit) ([]evidence.File, error) {
	files = slices.Clone(files)
	for i, f := range files {
		text, err := Apply(f.Text, of(edits, f.Path))
		if err != nil {
			return nil, err
		}
		files[i].Text = text
	}
	return files, nil
}

// Diff returns the edits as a unified diff, file after file.
func Diff(files []evidence.File, edits []Edit) (string, error) {
	var b strings.Builder
	for _, f := range files {
		var list []udiff.Edit
		for _, e := range of(edits, f.Path) {
			list = append(list, udiff.Edit{Start: e.Offset, End: e.Offset + len(e.Old), New: e.New})
		}
		diff, err := udiff.ToUnified(f.Path, f.Path, f.Text, list, udiff.DefaultContextLines)
		if err != nil {
			return "", fmt.Errorf("diff %s: %w", f.Path, err)
		}
		b.WriteString(diff)
	}
	return b.String(), nil
}

// Sort puts edits in the order that Apply needs and removes repeated ones.
func Sort(edits []Edit) []Edit {
	slices.SortStableFunc(edits, func(a, b Edit) int {
		if n := strings.Compare(a.File, b.File); n != 0 {
			return n
		}
		return a.Offset - b.Offset
	})
	return slices.Compact(edits)
}

func of(edits []Edit, file string) (own []Edit) {
	for _, e := range edits {
		if e.File == file {
			own = append(own, e)
		}
	}
	return own
}
