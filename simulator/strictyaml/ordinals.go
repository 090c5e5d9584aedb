package strictyaml

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Ordinals is a range of ordinals from 1, written 2, 2+ or 2-4.
type Ordinals struct{ From, To uint64 }

// Has tells whether k lies in the range.
func (n Ordinals) Has(k uint64) bool { return k >= n.From && k <= n.To }

// DecodeStrict reads a number or a range.
func (n *Ordinals) DecodeStrict(d *Decoder, node *yaml.Node) error {
	var err error
	if node.Kind == yaml.ScalarNode {
		*n, err = ParseOrdinals(node.Value)
	}
	if node.Kind != yaml.ScalarNode || err != nil {
		return d.Errorf(node, "want a number from 1, or a range such as 2+ or 2-4, got %s", Describe(node))
	}
	return nil
}

// ParseOrdinals reads a number or a range; an error names what it is not.
func ParseOrdinals(s string) (Ordinals, error) {
	first, open := strings.CutSuffix(s, "+")
	first, last, closed := strings.Cut(first, "-")
	from, err := strconv.ParseUint(first, 10, 64)
	n := Ordinals{from, from}
	switch {
	case err != nil || from == 0 || open && closed:
		return n, fmt.Errorf("%q is no range", s)
	case open:
		n.To = math.MaxUint64
	case closed:
		if n.To, err = strconv.ParseUint(last, 10, 64); err != nil || n.To < from {
			return n, fmt.Errorf("%q is no range", s)
		}
	}
	return n, nil
}
