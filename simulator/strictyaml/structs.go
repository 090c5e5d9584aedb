package strictyaml

import (
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

type field struct {
	index    []int
	required bool
}

// fieldsOf lists a struct's fields by their YAML names; inlined structs count as their parent's.
func fieldsOf(t reflect.Type) map[string]field {
	fields := map[string]field{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if strings.Contains(options, "inline") {
			for inner, g := range fieldsOf(f.Type) {
				fields[inner] = field{index: append(slices.Clone(f.Index), g.index...), required: g.required}
			}
			continue
		}
		if !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = strings.ToLower(f.Name)
		}
		fields[name] = field{index: f.Index, required: f.Tag.Get("strict") == "required"}
	}
	return fields
}

func (d *Decoder) structure(node *yaml.Node, v reflect.Value) error {
	fields := fieldsOf(v.Type())
	known := sortedKeys(fields)
	if node.Kind != yaml.MappingNode {
		return d.Errorf(node, "want a map of %s, got %s", strings.Join(known, ", "), Describe(node))
	}
	seen := map[string]bool{}
	err := d.EachPair(node, func(key, value *yaml.Node) error {
		f, ok := fields[key.Value]
		if !ok {
			return d.Errorf(key, "unknown field %q (known: %s)", key.Value, strings.Join(known, ", "))
		}
		seen[key.Value] = true
		return d.value(value, v.FieldByIndex(f.index))
	})
	if err != nil {
		return err
	}
	for _, name := range known {
		if fields[name].required && !seen[name] {
			return d.Errorf(node, "field %q is missing", name)
		}
	}
	return nil
}

// EachPair calls f for the pairs of a map in the file's order. A repeated key,
// a key that is no word and a node that is no map are errors.
func (d *Decoder) EachPair(node *yaml.Node, f func(key, value *yaml.Node) error) error {
	if node.Kind != yaml.MappingNode {
		return d.Errorf(node, "want a map, got %s", Describe(node))
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		if key.Kind != yaml.ScalarNode || key.ShortTag() == "!!merge" {
			return d.Errorf(key, "want a word as key, got %s", Describe(key))
		}
		if first, twice := lines[key.Value]; twice {
			return d.Errorf(key, "field %q is given twice (first on line %d)", key.Value, first)
		}
		lines[key.Value] = key.Line
		if err := f(key, node.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

func (d *Decoder) slice(node *yaml.Node, v reflect.Value) error {
	if node.Kind != yaml.SequenceNode {
		return d.Errorf(node, "want a list, got %s", Describe(node))
	}
	list := reflect.MakeSlice(v.Type(), len(node.Content), len(node.Content))
	for i, item := range node.Content {
		if err := d.value(item, list.Index(i)); err != nil {
			return err
		}
	}
	v.Set(list)
	return nil
}

func (d *Decoder) mapping(node *yaml.Node, v reflect.Value) error {
	m := reflect.MakeMap(v.Type())
	err := d.EachPair(node, func(key, value *yaml.Node) error {
		k := reflect.New(v.Type().Key()).Elem()
		if err := d.key(key, k); err != nil {
			return err
		}
		e := reflect.New(v.Type().Elem()).Elem()
		if err := d.value(value, e); err != nil {
			return err
		}
		m.SetMapIndex(k, e)
		return nil
	})
	if err == nil {
		v.Set(m)
	}
	return err
}

// key takes any scalar for a string key: 200 and true are names there.
func (d *Decoder) key(node *yaml.Node, k reflect.Value) error {
	if k.Kind() == reflect.String && !IsNull(node) {
		k.SetString(node.Value)
		return nil
	}
	return d.value(node, k)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
