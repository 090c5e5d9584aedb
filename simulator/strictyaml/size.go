package strictyaml

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// MaxSize bounds every Size: what a plan can ask the simulator to send or hold.
const MaxSize Size = 1 << 30

// Size is a number of bytes, written 512, 16KiB, 1MiB or 1GiB; at most MaxSize.
type Size int64

var units = []struct {
	suffix string
	factor int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"B", 1}, {"", 1}}

// ParseSize reads a size. Units are binary; the ambiguous k, K, KB and the like are refused.
func ParseSize(s string) (Size, error) {
	for _, u := range units {
		digits, ok := strings.CutSuffix(s, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 62)
		if err != nil {
			break
		}
		if n > uint64(int64(MaxSize)/u.factor) {
			return 0, fmt.Errorf("size %s is above the limit of %s", s, MaxSize)
		}
		return Size(n) * Size(u.factor), nil
	}
	return 0, fmt.Errorf("want a size such as 512, 16KiB or 1MiB, got %q", s)
}

// String writes the size with the largest unit that divides it.
func (s Size) String() string {
	for _, u := range []int{2, 1, 0} {
		if f := units[u].factor; s >= Size(f) && int64(s)%f == 0 {
			return strconv.FormatInt(int64(s)/f, 10) + units[u].suffix
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// DecodeStrict reads a size from a number or a string.
func (s *Size) DecodeStrict(d *Decoder, node *yaml.Node) error {
	if node.Kind != yaml.ScalarNode || IsNull(node) {
		return d.Errorf(node, "want a size such as 512, 16KiB or 1MiB, got %s", Describe(node))
	}
	size, err := ParseSize(node.Value)
	if err != nil {
		return d.Errorf(node, "%v", err)
	}
	*s = size
	return nil
}

// MarshalYAML writes the size as people do.
func (s Size) MarshalYAML() (any, error) { return s.String(), nil }
