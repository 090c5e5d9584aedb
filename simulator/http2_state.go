package simulator

import "golang.org/x/net/http2"

// streamState is what has happened to a stream, of which its state follows (RFC 9113, 5.1).
type streamState uint8

const (
	gotEnd    streamState = 1 << iota // the peer's END_STREAM
	sentEnd                           // END_STREAM
	peerReset                         // the peer's RST_STREAM
	weReset                           // RST_STREAM
)

// closed reports whether nothing more can come of the stream.
func (s streamState) closed() bool {
	return s&(peerReset|weReset) != 0 || s&(gotEnd|sentEnd) == gotEnd|sentEnd
}

// pastStreams remembers how the last streams ended. Of older ones only the number is known.
type pastStreams struct {
	state map[uint32]streamState
	order []uint32 // a ring
	next  int
}

const maxPast = 256

func (p *pastStreams) add(id uint32, s streamState) {
	if p.state == nil {
		p.state = map[uint32]streamState{}
	}
	switch _, known := p.state[id]; {
	case known:
	case len(p.order) < maxPast:
		p.order = append(p.order, id)
	default:
		delete(p.state, p.order[p.next])
		p.order[p.next] = id
		p.next = (p.next + 1) % maxPast
	}
	p.state[id] |= s
}

// note adds to what has happened to a stream.
func (m *http2Conn) note(id uint32, s streamState) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.noteLocked(id, s)
}

func (m *http2Conn) noteLocked(id uint32, state streamState) {
	if s := m.streams[id]; s != nil {
		s.state |= state
	} else {
		m.past.add(id, state)
	}
}

// forget takes a stream whose script has ended out of those that are served. It is called with mu
// held.
func (m *http2Conn) forget(s *http2Stream) {
	delete(m.streams, s.id)
	m.past.add(s.id, s.state)
}

// stateOf is what has happened to a stream. It is called with mu held.
func (m *http2Conn) stateOf(id uint32) (s *http2Stream, state streamState, known bool) {
	if s := m.streams[id]; s != nil {
		return s, s.state, true
	}
	state, known = m.past.state[id]
	return nil, state, known
}

// wantUsed refuses a frame on an idle stream, which nothing but HEADERS and PRIORITY may be for.
func (m *http2Conn) wantUsed(id uint32, t http2.FrameType) error {
	if id%2 == 0 || id > m.last {
		return ofConnection(http2.ErrCodeProtocol, "RFC 9113, 5.1", "%v on stream %d, which is idle", t, id)
	}
	return nil
}

// wantHeaders refuses HEADERS on a stream that the peer may not use. It reports whether they begin
// a stream.
func (m *http2Conn) wantHeaders(id uint32) (fresh bool, err error) {
	if id%2 == 0 {
		return false, ofConnection(http2.ErrCodeProtocol, "RFC 9113, 5.1.1", "HEADERS on stream %d, and a client's are odd", id)
	}
	if id > m.last {
		return true, nil
	}
	m.mu.Lock()
	_, _, known := m.stateOf(id)
	m.mu.Unlock()
	if !known {
		return false, ofConnection(http2.ErrCodeProtocol, "RFC 9113, 5.1.1", "HEADERS on stream %d after stream %d", id, m.last)
	}
	return false, nil
}

// take finds the stream that a frame is for; nil when it is to be discarded.
func (m *http2Conn) take(id uint32, t http2.FrameType) (*http2Stream, error) {
	if err := m.wantUsed(id, t); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s, state, known := m.stateOf(id)
	switch {
	case t == http2.FrameRSTStream: // a reset is not answered by another (RFC 9113, 5.4.2)
		return s, nil
	case state&weReset != 0: // the peer may not know yet
		return nil, nil
	case state&peerReset != 0:
		return nil, ofStream(id, http2.ErrCodeStreamClosed, "RFC 9113, 5.1", "%v on stream %d, which the peer has reset", t, id)
	case t == http2.FrameWindowUpdate:
		return s, nil
	case state.closed(), !known:
		return nil, ofConnection(http2.ErrCodeStreamClosed, "RFC 9113, 5.1", "%v on stream %d, which is closed", t, id)
	case state&gotEnd != 0:
		return nil, ofStream(id, http2.ErrCodeStreamClosed, "RFC 9113, 5.1", "%v on stream %d, which the peer has ended", t, id)
	}
	return s, nil
}
