package drill

import (
	"fmt"
	"slices"
	"strings"

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

// editAll does what a trap or another remedy says, one edit after the other.
func editAll(text string, edits []scenario.Edit) (_ string, err error) {
	for _, e := range edits {
		if text, err = setDirective(text, e); err != nil {
			return "", err
		}
	}
	return text, nil
}

// setDirective does one edit: a directive in the block where the request is passed on, or
// in the enclosing block that it names.
func setDirective(text string, e scenario.Edit) (string, error) {
	config, err := nginx.ParseConfig([]evidence.File{{Path: sidecar.ConfigPath, Text: text}})
	if err != nil {
		return "", err
	}
	block, anchor, err := place(config, e.In)
	if err != nil {
		return "", err
	}
	change, err := oneEdit(config, block, anchor, e)
	if err != nil {
		return "", err
	}
	return nginx.Apply(text, []nginx.Edit{change})
}

func oneEdit(c *nginx.Config, block, anchor *nginx.Directive, e scenario.Edit) (nginx.Edit, error) {
	switch {
	case e.Add:
		text := e.Directive + " " + e.Value
		if !strings.HasSuffix(text, "}") {
			text += ";"
		}
		return c.Insert(anchor, text), nil
	case !e.Remove && e.At == "":
		return c.Set(block, anchor, e.Directive, e.Value), nil
	}
	list := c.Top
	if block != nil {
		list = block.Children()
	}
	i := slices.IndexFunc(list, func(d *nginx.Directive) bool { return d.Name == e.Directive && (e.At == "" || d.Arg(0) == e.At) })
	if i < 0 {
		return nginx.Edit{}, fmt.Errorf("no %s %s stands there", e.Directive, e.At)
	}
	if e.Remove {
		return c.Remove(list[i]), nil
	}
	return c.ReplaceArgs(list[i], e.Value), nil
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
