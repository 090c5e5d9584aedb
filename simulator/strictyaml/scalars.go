package strictyaml

import (
	"fmt"
	"io/fs"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Describe says in words what a node is, for "want …, got …".
func Describe(node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	switch node.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!int", "!!float":
		return "the number " + node.Value
	case "!!bool":
		return node.Value
	default:
		return fmt.Sprintf("%q", node.Value)
	}
}

// IsNull tells whether a node has no value ("key:" or "key: null").
func IsNull(node *yaml.Node) bool {
	return node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null"
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	modeType     = reflect.TypeFor[fs.FileMode]()
)

func (d *Decoder) scalar(node *yaml.Node, v reflect.Value) error {
	switch v.Type() {
	case durationType:
		return d.duration(node, v)
	case modeType:
		return d.mode(node, v)
	}
	switch v.Kind() {
	case reflect.String:
		return d.str(node, v)
	case reflect.Bool:
		return d.boolean(node, v)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return d.integer(node, v)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return d.unsigned(node, v)
	case reflect.Float32, reflect.Float64:
		return d.float(node, v)
	}
	return d.Errorf(node, "nothing can be written here (Go type %s)", v.Type())
}

func (d *Decoder) str(node *yaml.Node, v reflect.Value) error {
	if node.Kind != yaml.ScalarNode || node.ShortTag() != "!!str" {
		hint := ""
		if node.Kind == yaml.ScalarNode && !IsNull(node) {
			hint = `; put it in quotes`
		}
		return d.Errorf(node, "want a string, got %s%s", Describe(node), hint)
	}
	v.SetString(node.Value)
	return nil
}

func (d *Decoder) boolean(node *yaml.Node, v reflect.Value) error {
	if node.Kind != yaml.ScalarNode || node.ShortTag() != "!!bool" {
		return d.Errorf(node, "want true or false, got %s", Describe(node))
	}
	v.SetBool(strings.EqualFold(node.Value, "true"))
	return nil
}

func (d *Decoder) integer(node *yaml.Node, v reflect.Value) error {
	if !isInt(node) {
		return d.Errorf(node, "want a whole number, got %s", Describe(node))
	}
	n, err := strconv.ParseInt(node.Value, 10, v.Type().Bits())
	if err != nil {
		return d.Errorf(node, "%s is no decimal number between %d and %d", node.Value,
			int64(-1)<<(v.Type().Bits()-1), int64(1)<<(v.Type().Bits()-1)-1)
	}
	v.SetInt(n)
	return nil
}

func (d *Decoder) unsigned(node *yaml.Node, v reflect.Value) error {
	if !isInt(node) {
		return d.Errorf(node, "want a whole number, got %s", Describe(node))
	}
	n, err := strconv.ParseUint(node.Value, 10, v.Type().Bits())
	if err != nil {
		return d.Errorf(node, "%s is no decimal number between 0 and %d", node.Value, ^uint64(0)>>(64-v.Type().Bits()))
	}
	v.SetUint(n)
	return nil
}

func (d *Decoder) float(node *yaml.Node, v reflect.Value) error {
	if !isInt(node) && !(node.Kind == yaml.ScalarNode && node.ShortTag() == "!!float") {
		return d.Errorf(node, "want a number, got %s", Describe(node))
	}
	f, err := strconv.ParseFloat(node.Value, v.Type().Bits())
	if err != nil {
		return d.Errorf(node, "%s is no number", node.Value)
	}
	v.SetFloat(f)
	return nil
}

func isInt(node *yaml.Node) bool {
	return node.Kind == yaml.ScalarNode && node.ShortTag() == "!!int"
}

// MaxDuration bounds every duration: nothing that is scripted lasts longer than a day.
const MaxDuration = 24 * time.Hour

func (d *Decoder) duration(node *yaml.Node, v reflect.Value) error {
	if node.Kind != yaml.ScalarNode || IsNull(node) {
		return d.Errorf(node, "want a duration such as 400ms, got %s", Describe(node))
	}
	t, err := time.ParseDuration(node.Value)
	if err != nil || (t != 0 && isInt(node)) {
		return d.Errorf(node, "want a duration with its unit, such as 400ms or 2s, got %s", Describe(node))
	}
	if t < 0 {
		return d.Errorf(node, "a duration cannot be negative: %s", node.Value)
	}
	if t > MaxDuration {
		return d.Errorf(node, "%s is above the limit of 24h", node.Value)
	}
	v.SetInt(int64(t))
	return nil
}

// mode demands the leading zero: 600 without it is read as decimal by some tools and as octal by others.
func (d *Decoder) mode(node *yaml.Node, v reflect.Value) error {
	value := node.Value
	if node.Kind != yaml.ScalarNode || len(value) < 4 || len(value) > 5 || value[0] != '0' {
		return d.Errorf(node, `want a file mode such as "0660", got %s`, Describe(node))
	}
	bits, err := strconv.ParseUint(value, 8, 32)
	if err != nil || bits > 0o7777 {
		return d.Errorf(node, `want a file mode such as "0660", got %s`, Describe(node))
	}
	m := fs.FileMode(bits & 0o777)
	for bit, flag := range map[uint64]fs.FileMode{0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky} {
		if bits&bit != 0 {
			m |= flag
		}
	}
	v.SetUint(uint64(m))
	return nil
}
