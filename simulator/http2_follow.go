package simulator

import (
	"encoding/binary"

	"golang.org/x/net/http2"
)

// frameFollower follows output through its frames.
type frameFollower struct {
	head    [frameHeaderLen]byte
	have    int    // bytes of head
	left    uint32 // of the payload
	payload []byte // of a frame whose payload is of interest
	block   bool   // a header block goes on
	sent    func(h frameHeader, payload []byte)
}

// maxFollowed bounds what is held of a payload.
const maxFollowed = 1 << 10

// follow is called before p is written: the peer cannot know of it any sooner.
func (w *frameFollower) follow(p []byte) {
	for len(p) > 0 {
		if w.have < frameHeaderLen {
			k := copy(w.head[w.have:], p)
			w.have += k
			p = p[k:]
			w.begin()
			continue
		}
		k := min(len(p), int(w.left))
		if t := w.header().Type; (t == http2.FrameSettings || t == http2.FrameWindowUpdate) && len(w.payload)+k <= maxFollowed {
			w.payload = append(w.payload, p[:k]...)
		}
		w.left -= uint32(k)
		p = p[k:]
		w.finish()
	}
}

func (w *frameFollower) header() frameHeader {
	return frameHeader{
		Length: uint32(w.head[0])<<16 | uint32(w.head[1])<<8 | uint32(w.head[2]),
		Type:   http2.FrameType(w.head[3]), Flags: http2.Flags(w.head[4]),
		Stream: binary.BigEndian.Uint32(w.head[5:]) & (1<<31 - 1),
	}
}

func (w *frameFollower) begin() {
	if w.have < frameHeaderLen {
		return
	}
	h := w.header()
	w.left = h.Length
	if h.Type == http2.FrameHeaders || h.Type == http2.FrameContinuation {
		w.block = !h.Flags.Has(http2.FlagHeadersEndHeaders)
	}
	w.finish()
}

func (w *frameFollower) finish() {
	if w.left > 0 {
		return
	}
	w.have = 0
	w.sent(w.header(), w.payload)
	w.payload = w.payload[:0]
}

// whole reports whether neither a frame nor a header block is open.
func (w *frameFollower) whole() bool { return w.have == 0 && !w.block }
