package simulator

import "net"

// frameWriter is the socket as a stream's script writes to it. It follows the
// frames, because between two streams' output a frame must have ended, and a header block (RFC 9113, 4.3).
type frameWriter struct {
	net.Conn
	frameFollower
	holds bool // it is this stream's turn
}

// Write writes p.
func (w *frameWriter) Write(p []byte) (int, error) {
	w.follow(p)
	return w.Conn.Write(p)
}

// takeTurn waits until no other stream is in the middle of a frame.
func (s *http2Stream) takeTurn(c *conn) error {
	select {
	case <-s.gone:
		return errDone
	default:
	}
	if s.out.holds {
		return nil
	}
	select {
	case s.mux.turn <- struct{}{}:
		s.out.holds = true
	case <-s.gone:
		return errDone
	case <-s.mux.done:
		return c.lost(nil)
	}
	select {
	case <-s.gone: // meanwhile
		s.passTurn(true)
		return errDone
	default:
		return nil
	}
}

// passTurn lets others write, unless the stream's output stands in the middle
// of a frame: then they wait, as they would behind an application that stalls there. At a script's end it is passed in any case.
func (s *http2Stream) passTurn(end bool) {
	if s.out.holds && (end || s.out.whole()) {
		s.out.holds = false
		s.mux.passTurn()
	}
}

// control sends a frame of the protocol itself. The goroutine that reads never
// waits for the turn: who has it sends what is queued.
func (m *http2Conn) control(frame []byte) {
	m.mu.Lock()
	if !m.over {
		m.queue = append(m.queue, frame...)
	}
	m.mu.Unlock()
	select {
	case m.turn <- struct{}{}:
		m.passTurn()
	default:
	}
}

// passTurn sends what was queued and gives the turn up. What is queued in
// between is looked at again, lest nobody sends it.
func (m *http2Conn) passTurn() {
	for {
		m.mu.Lock()
		queue := m.queue
		m.queue = nil
		m.mu.Unlock()
		if len(queue) > 0 {
			_, _ = m.root.send(queue) // who reads the connection learns why not
		}
		<-m.turn
		m.mu.Lock()
		empty := len(m.queue) == 0
		m.mu.Unlock()
		if empty {
			return
		}
		select {
		case m.turn <- struct{}{}:
		default:
			return
		}
	}
}
