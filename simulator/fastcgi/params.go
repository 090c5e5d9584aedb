package fastcgi

import (
	"encoding/binary"
	"errors"
)

// ErrParams is returned for name-value pairs that end in the middle.
var ErrParams = errors.New("name-value pair is torn")

// AppendParam encodes one name-value pair (section 3.4).
func AppendParam(dst []byte, name, value string) []byte {
	dst = appendLength(dst, len(name))
	dst = appendLength(dst, len(value))
	dst = append(dst, name...)
	return append(dst, value...)
}

func appendLength(dst []byte, n int) []byte {
	if n < 128 {
		return append(dst, byte(n))
	}
	return binary.BigEndian.AppendUint32(dst, uint32(n)|1<<31)
}

// NextParam takes one pair off b. The returned slices point into b.
func NextParam(b []byte) (name, value, rest []byte, err error) {
	n, b, ok := takeLength(b)
	if !ok {
		return nil, nil, nil, ErrParams
	}
	v, b, ok := takeLength(b)
	if !ok || n > uint64(len(b)) || v > uint64(len(b))-n {
		return nil, nil, nil, ErrParams
	}
	return b[:n], b[n : n+v], b[n+v:], nil
}

func takeLength(b []byte) (n uint64, rest []byte, ok bool) {
	switch {
	case len(b) >= 1 && b[0] < 128:
		return uint64(b[0]), b[1:], true
	case len(b) >= 4:
		return uint64(binary.BigEndian.Uint32(b) &^ (1 << 31)), b[4:], true
	}
	return 0, nil, false
}

// AppendValues answers GET_VALUES (section 4.1): of the asked names those that
// are known, as one GET_VALUES_RESULT record. The asked pairs may be torn; what was whole counts.
func AppendValues(dst, asked []byte, known map[string]string) []byte {
	var answer []byte
	for len(asked) > 0 {
		name, _, rest, err := NextParam(asked)
		if err != nil {
			break
		}
		if value, ok := known[string(name)]; ok {
			answer = AppendParam(answer, string(name), value)
		}
		asked = rest
	}
	return AppendRecord(dst, GetValuesResult, 0, answer, AlignedPadding(len(answer)))
}

// AppendUnknownType answers a management record of a type that is not known (section 4.2).
func AppendUnknownType(dst []byte, t Type) []byte {
	return AppendRecord(dst, UnknownType, 0, []byte{byte(t), 0, 0, 0, 0, 0, 0, 0}, 0)
}
