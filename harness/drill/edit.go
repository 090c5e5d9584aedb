package drill

import (
	"fmt"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
	"github.com/badgateway/badgateway/harness/scenario"
	"github.com/badgateway/badgateway/harness/sidecar"
)

// applyEdits carries out what a remedy changes in the scenario's configuration.
func applyEdits(text string, edits []diagnoser.Edit) (string, error) {
	list := make([]nginx.Edit, len(edits))
	for i, e := range edits {
		if e.File != sidecar.ConfigPath {
			return "", fmt.Errorf("an edit of %s, which is not the scenario's configuration", e.File)
		}
		list[i] = nginx.Edit(e)
	}
	return nginx.Apply(text, list)
}

// setDirective does what a trap says: a directive in the block where the request is
// passed on, or in the enclosing block that it names.
func setDirective(text string, e scenario.Edit) (string, error) {
	config, err := nginx.ParseConfig([]evidence.File{{Path: sidecar.ConfigPath, Text: text}})
	if err != nil {
		return "", err
	}
	block, anchor, err := place(config, e.In)
	if err != nil {
		return "", err
	}
	return nginx.Apply(text, []nginx.Edit{config.Set(block, anchor, e.Directive, e.Value)})
}

// place finds the block, nil for the top, and a directive in it behind which another can stand.
func place(c *nginx.Config, in string) (block, anchor *nginx.Directive, err error) {
	if len(c.Passes()) == 0 {
		return nil, nil, fmt.Errorf("the configuration passes nothing on")
	}
	pass := c.Passes()[0]
	switch in {
	case "", "location":
		return pass.Place(), pass.Directive, nil
	case "main":
		return nil, c.Top[0], nil
	case "events":
		if named := c.Named("events"); len(named) > 0 {
			block = named[0]
		}
	case "upstream":
		if pass.Group == nil {
			return nil, nil, fmt.Errorf("the configuration has no upstream block")
		}
		block = pass.Group.Directive
	default:
		block = nginx.Enclosing(pass.Directive, in)
	}
	if block == nil || len(block.Children()) == 0 {
		return nil, nil, fmt.Errorf("the configuration has no %s block", in)
	}
	return block, block.Children()[0], nil
}
