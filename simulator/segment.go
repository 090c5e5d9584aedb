package simulator

import "slices"

// segment is a piece of output: size bytes, made by repeating data. Repeating
// lets a plan fill gigabytes without holding them.
type segment struct {
	data []byte
	size int64
	// ids are the offsets in data of bytes of a FastCGI request id or an HTTP/2 stream id,
	// to be set when the exchange's id is not 1. Never set on repeated data.
	ids []idByte
}

type idByte struct {
	at    int
	shift uint8 // which byte: 0 for the least significant one
}

func bytesSegment(b []byte) segment { return segment{data: b, size: int64(len(b))} }

// filler is what Fill repeats: printable, and with line ends for whoever looks at it.
var filler = []byte("the quick brown fox jumps over the lazy dog 0123456789 abcdefg\n!")

func fillSegment(size int64) segment {
	if size <= int64(len(filler)) {
		return bytesSegment(filler[:size])
	}
	return segment{data: filler, size: size}
}

func (s segment) repeats() bool { return s.size > int64(len(s.data)) }

// slice returns the bytes from i to j of the segment.
func (s segment) slice(i, j int64) segment {
	n := int64(len(s.data))
	if !s.repeats() {
		part := segment{data: s.data[i:j:j], size: j - i}
		for _, id := range s.ids {
			if at := int64(id.at); at >= i && at < j {
				part.ids = append(part.ids, idByte{id.at - int(i), id.shift})
			}
		}
		return part
	}
	k := i % n
	part := segment{data: s.data, size: j - i}
	if k != 0 {
		part.data = slices.Concat(s.data[k:], s.data[:k])
	}
	if part.size < n {
		part.data = part.data[:part.size]
	}
	return part
}

// Limits of what is copied together to save system calls: literal bytes, and filler that is made literal.
const (
	maxJoin   = 64 << 10
	maxFiller = 4 << 10
)

// join appends b to a when both are small.
func join(a, b segment) (segment, bool) {
	if a.size+b.size > maxJoin || a.repeats() && a.size > maxFiller || b.repeats() && b.size > maxFiller {
		return a, false
	}
	joined := segment{data: append(a.expand(nil), b.expand(nil)...), size: a.size + b.size}
	joined.ids = slices.Clone(a.ids)
	for _, id := range b.ids {
		joined.ids = append(joined.ids, idByte{id.at + int(a.size), id.shift})
	}
	return joined, true
}

// expand appends all bytes of the segment to dst.
func (s segment) expand(dst []byte) []byte {
	for left := s.size; left > 0; {
		n := min(left, int64(len(s.data)))
		dst = append(dst, s.data[:n]...)
		left -= n
	}
	return dst
}

// withID returns the literal data for a request or stream id.
func (s segment) withID(id uint32) []byte {
	if id == 1 || len(s.ids) == 0 {
		return s.data
	}
	data := slices.Clone(s.data)
	for _, b := range s.ids {
		data[b.at] = byte(id >> b.shift)
	}
	return data
}
