package simulator

import (
	"strings"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

// Field is one header line. Nothing about it is checked: wrong ones are wanted, too.
type Field struct{ Name, Value string }

// Fields are header lines in their order. In YAML they are a map; a list as value repeats the name.
type Fields []Field

func (f Fields) has(name string) bool {
	for _, field := range f {
		if strings.EqualFold(field.Name, name) {
			return true
		}
	}
	return false
}

func (f Fields) get(name string) string {
	for _, field := range f {
		if strings.EqualFold(field.Name, name) {
			return field.Value
		}
	}
	return ""
}

// DecodeStrict keeps the order of the file. Numbers and booleans are taken as they are written.
func (f *Fields) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	err := d.EachPair(node, func(key, value *yaml.Node) error {
		values := []*yaml.Node{value}
		if value.Kind == yaml.SequenceNode {
			values = value.Content
		}
		for _, v := range values {
			if v.Kind != yaml.ScalarNode || strictyaml.IsNull(v) {
				return d.Errorf(v, "want the value of a header, got %s", strictyaml.Describe(v))
			}
			*f = append(*f, Field{key.Value, v.Value})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return checkCount(d, node, len(*f), MaxFields, "header lines")
}

// Sized is a header line whose value has so many bytes.
type Sized struct {
	Name string
	Size strictyaml.Size
}

// Sizes are header lines by size, in their order.
type Sizes []Sized

// maxHeaderValue bounds what a plan holds in memory; fill has no such bound.
const maxHeaderValue = 16 << 20

// DecodeStrict reads a map of names to sizes.
func (s *Sizes) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	total := strictyaml.Size(0)
	return d.EachPair(node, func(key, value *yaml.Node) error {
		var size strictyaml.Size
		if err := d.Decode(value, &size); err != nil {
			return err
		}
		if total += size; total > maxHeaderValue {
			return d.Errorf(value, "headers of %s are above the limit of %s", total, strictyaml.Size(maxHeaderValue))
		}
		*s = append(*s, Sized{key.Value, size})
		return nil
	})
}

// fillValue is a header value of n harmless bytes.
func fillValue(n int64) []byte {
	value := make([]byte, n)
	for i := range value {
		value[i] = 'a' + byte(i%26)
	}
	return value
}
