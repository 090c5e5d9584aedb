// Package strictyaml decodes YAML into Go values and refuses everything it does
// not understand: unknown and repeated fields, values of another kind, numbers
// out of range, aliases, second documents. Each error names file, line and
// column of the mistake.
//
// Struct fields are named by their yaml tag ("-" and ",inline" are honored);
// `strict:"required"` makes a field obligatory. Durations are written 400ms,
// sizes 16KiB, file modes "0600".
package strictyaml

import (
	"bytes"
	"encoding"
	"errors"
	"io"
	"reflect"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// Hook is implemented, on the pointer, by types with a form of their own, such
// as a word or a one-key map. The decoder passes itself for nested values.
type Hook interface {
	DecodeStrict(d *Decoder, node *yaml.Node) error
}

// Decoder decodes the nodes of one file.
type Decoder struct {
	file  string
	lines []string
}

// Unmarshal decodes a whole file of exactly one document into the value that
// into points to. The name is used in errors only.
func Unmarshal(file string, data []byte, into any) error {
	node, err := Parse(file, data)
	if err != nil {
		return err
	}
	return (&Decoder{file: file, lines: splitLines(data)}).Decode(node, into)
}

// Decode decodes one node of a file. The node keeps its position, so errors
// name the right line; Attach adds the line's text.
func Decode(file string, node *yaml.Node, into any) error {
	return (&Decoder{file: file}).Decode(node, into)
}

// Parse reads the one document of a file and returns its root value.
func Parse(file string, data []byte) (*yaml.Node, error) {
	lines := splitLines(data)
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, &Error{File: file, Line: 1, Column: 1, Message: "the file is empty"}
	} else if err != nil {
		return nil, syntaxError(file, lines, err)
	}
	switch err := dec.Decode(&second); {
	case err == nil:
		at := PosOf(file, &second)
		e := NewError(at, "a second document; one is expected")
		e.Text = lineOf(lines, at.Line)
		return nil, e
	case !errors.Is(err, io.EOF):
		return nil, syntaxError(file, lines, err)
	}
	return doc.Content[0], nil
}

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): (.*)$`)

func syntaxError(file string, lines []string, err error) error {
	e := &Error{File: file, Line: 1, Column: 1, Message: err.Error()}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		e.Line, _ = strconv.Atoi(m[1])
		e.Message = m[2]
	}
	e.Text = lineOf(lines, e.Line)
	return e
}

// Decode decodes a node into the value that into points to.
func (d *Decoder) Decode(node *yaml.Node, into any) error {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		panic("strictyaml: decode into something that is no pointer")
	}
	return d.value(node, v.Elem())
}

// File is the name that errors carry.
func (d *Decoder) File() string { return d.file }

// Errorf makes the error for a node of this file.
func (d *Decoder) Errorf(node *yaml.Node, format string, args ...any) error {
	e := NewError(PosOf(d.file, node), format, args...)
	e.Text = lineOf(d.lines, e.Line)
	return e
}

var nodeType = reflect.TypeFor[yaml.Node]()

func (d *Decoder) value(node *yaml.Node, v reflect.Value) error {
	if node.Kind == yaml.DocumentNode {
		return d.value(node.Content[0], v)
	}
	if node.Kind == yaml.AliasNode || node.Anchor != "" {
		return d.Errorf(node, "anchors and aliases are not supported: write the value out")
	}
	switch v.Type() {
	case nodeType:
		v.Set(reflect.ValueOf(*node))
		return nil
	case reflect.PointerTo(nodeType):
		v.Set(reflect.ValueOf(node))
		return nil
	}
	if v.Kind() == reflect.Pointer {
		target := reflect.New(v.Type().Elem())
		if err := d.value(node, target.Elem()); err != nil {
			return err
		}
		v.Set(target)
		return nil
	}
	if hook, ok := v.Addr().Interface().(Hook); ok {
		return hook.DecodeStrict(d, node)
	}
	if text, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return d.text(node, text)
	}
	return d.plain(node, v)
}

func (d *Decoder) plain(node *yaml.Node, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Struct:
		return d.structure(node, v)
	case reflect.Slice:
		return d.slice(node, v)
	case reflect.Map:
		return d.mapping(node, v)
	default:
		return d.scalar(node, v)
	}
}

func (d *Decoder) text(node *yaml.Node, into encoding.TextUnmarshaler) error {
	if node.Kind != yaml.ScalarNode || IsNull(node) {
		return d.Errorf(node, "want a word, got %s", Describe(node))
	}
	if err := into.UnmarshalText([]byte(node.Value)); err != nil {
		return d.Errorf(node, "%v", err)
	}
	return nil
}
