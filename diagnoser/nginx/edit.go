package nginx

import (
	"fmt"

	"github.com/badgateway/badgateway/diagnoser/edit"
	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// Edit replaces Old by New at a byte offset of one file.
type Edit = edit.Edit

// Apply carries out the edits of one file; see edit.Apply.
func Apply(text string, edits []Edit) (string, error) { return edit.Apply(text, edits) }

// Sort puts edits in the order that Apply needs and removes repeated ones.
func Sort(edits []Edit) []Edit { return edit.Sort(edits) }

// Edited returns the configuration's files with edits carried out.
func (c *Config) Edited(edits []Edit) ([]evidence.File, error) { return edit.Files(c.Files, edits) }

// Diff returns the edits as a unified diff, file after file.
func (c *Config) Diff(edits []Edit) (string, error) { return edit.Diff(c.Files, edits) }

// Check tells whether edits may be proposed: every file was read alike by two
// readers, and the result is a configuration again.
func (c *Config) Check(edits []Edit) error {
	for _, e := range edits {
		if !c.exact[e.File] {
			return fmt.Errorf("%s: holds what only nginx can read, not edited", e.File)
		}
	}
	files, err := c.Edited(edits)
	if err == nil {
		_, err = ParseConfig(files)
	}
	return err
}
