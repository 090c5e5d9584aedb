package simulator

import (
	"errors"
	"fmt"
)

// layer is a byte stream inside the output. Positions in an upper layer are
// translated through the spans that carry it: a body inside chunks inside
// FastCGI records.
type layer int

const (
	rawLayer     layer = iota // what is written to the socket
	contentLayer              // status line, headers and body; differs from raw in FastCGI
	bodyLayer                 // the body without chunk framing
	layers
)

// span says that length bytes of a layer from at on lie at parent in the layer below.
type span struct{ at, parent, length int64 }

type position struct {
	layer  layer
	offset int64
}

// output is the byte stream that a script's steps produce, with its marks.
type output struct {
	size  [layers]int64
	spans [layers][]span
	marks map[string][]position
}

// extend records that length bytes of layer l are carried at parent of the layer below.
func (o *output) extend(l layer, parent, length int64) {
	if length == 0 {
		return
	}
	o.spans[l] = append(o.spans[l], span{o.size[l], parent, length})
	o.size[l] += length
}

func (o *output) mark(name string, l layer) {
	if o.marks == nil {
		o.marks = map[string][]position{}
	}
	o.marks[name] = append(o.marks[name], position{l, o.size[l]})
}

var errNoMark = errors.New("the script has no such place")

// resolve finds the raw offset of a mark.
func (o *output) resolve(m Mark) (int64, error) {
	at, err := o.find(m)
	if err != nil {
		return 0, err
	}
	at.offset += m.Plus
	if at.offset > o.size[at.layer] {
		return 0, fmt.Errorf("%s: %w: only %d bytes follow %s[%d]", m, errNoMark, o.size[at.layer]-at.offset+m.Plus, m.Mark, m.Index)
	}
	if m.Plus > 0 { // right behind the last byte that is to be sent, not behind the framing that follows it
		at.offset--
		return o.raw(at) + 1, nil
	}
	return o.raw(at), nil
}

func (o *output) find(m Mark) (position, error) {
	switch m.Mark {
	case markStart:
		return position{rawLayer, 0}, nil
	case markEnd:
		return position{rawLayer, o.size[rawLayer]}, nil
	}
	places := o.marks[m.Mark]
	if m.Index < 0 || m.Index >= len(places) {
		return position{}, fmt.Errorf("%s: %w: the output has %d of %s", m, errNoMark, len(places), m.Mark)
	}
	return places[m.Index], nil
}

// raw translates a position down to the socket's stream. At the very end of a
// layer it is the end of the last span, not the start of what follows.
func (o *output) raw(p position) int64 {
	for ; p.layer > rawLayer; p.layer-- {
		spans := o.spans[p.layer]
		for i, s := range spans {
			if p.offset < s.at+s.length || i == len(spans)-1 {
				p.offset = s.parent + p.offset - s.at
				break
			}
		}
		if len(spans) == 0 {
			p.offset = 0
		}
	}
	return p.offset
}
