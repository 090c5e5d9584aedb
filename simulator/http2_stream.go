package simulator

import (
	"time"

	"golang.org/x/net/http2"
)

// http2Stream is one stream of a connection, with the exchange on it.
type http2Stream struct {
	mux  *http2Conn
	conn *conn // of the exchange
	id   uint32
	wait chan struct{} // holds one token: something changed that the script may wait for
	gone chan struct{} // closed when the peer has reset the stream
	out  *frameWriter

	state   streamState // guarded by mux.mu
	window  int64       // guarded by mux.mu; how much DATA the peer takes
	room    int64       // guarded by mux.mu; how much DATA the peer may send
	short   shortFrame  // the script's alone
	length  int64       // of the body, as the request's head says; -1 where it does not
	bodyEnd bool        // guarded by mux.mu
	size    int64       // guarded by mux.mu; of the body so far
	owed    uint32      // guarded by mux.mu; of the stream's window, to be given back when the body is read
	reading bool        // guarded by mux.mu; the script reads the body
	told    bool        // the body was journaled
}

// open begins an exchange in a goroutine of its own. Its rule is chosen here, in the order of the requests.
func (m *http2Conn) open(f *http2.MetaHeadersFrame) {
	root := m.root
	root.exchange++
	s := &http2Stream{mux: m, id: f.StreamID, wait: make(chan struct{}, 1), gone: make(chan struct{}), bodyEnd: f.StreamEnded()}
	s.length = contentLength(f)
	if s.bodyEnd {
		s.state = gotEnd
	}
	s.out = &frameWriter{Conn: root.output(), frameFollower: frameFollower{sent: m.sent}}
	c := &conn{srv: root.srv, net: s.out, raw: root.raw, number: root.number, gen: root.gen, exchange: root.exchange, mux: m, sub: s}
	s.conn = c
	m.mu.Lock()
	if len(m.streams) == 0 && !m.ended.IsZero() {
		c.idle = time.Since(m.ended)
	}
	s.window, s.room = m.initial, int64(m.offers.largest().window)
	m.streams[s.id] = s
	m.mu.Unlock()
	c.req.fromHeaders(f)
	p := c.choose()
	m.running.Add(1)
	go s.serve(p)
}

// fromHeaders sets the request from a header block (RFC 9113, 8.3.1). The authority is found as Host, too.
func (r *request) fromHeaders(f *http2.MetaHeadersFrame) {
	*r = request{id: f.StreamID, keep: true}
	r.method, r.target = []byte(f.PseudoValue("method")), []byte(f.PseudoValue("path"))
	if authority := f.PseudoValue("authority"); authority != "" {
		r.fields = append(r.fields, pair{[]byte("host"), []byte(authority)})
	}
	for _, h := range f.RegularFields() {
		r.fields = append(r.fields, pair{[]byte(h.Name), []byte(h.Value)})
	}
}

func (s *http2Stream) serve(p *program) {
	defer s.mux.running.Done()
	err := s.conn.run(p)
	s.passTurn(true)
	if err == nil {
		err = s.readBody(s.conn)
	}
	if err == nil && p.closes {
		_ = s.mux.ask(s.conn, (*conn).fin)
	}
	m := s.mux
	m.mu.Lock()
	m.forget(s)
	m.ended = time.Now()
	m.mu.Unlock()
	m.lookAgain()
}

// park is conn.park for a stream: it ends with the stream, too.
func (s *http2Stream) park(c *conn, until time.Time, done func() bool) error {
	c.req.release()
	var elapsed <-chan time.Time
	if !until.IsZero() {
		t := time.NewTimer(time.Until(until))
		defer t.Stop()
		elapsed = t.C
	}
	for {
		if done != nil && done() {
			return nil
		}
		select {
		case <-s.wait:
		case <-elapsed:
			return nil
		case <-s.gone:
			return errDone
		case <-s.mux.done:
			return c.lost(nil)
		}
	}
}

// poke makes the script look again at what it waits for.
func (s *http2Stream) poke() {
	select {
	case s.wait <- struct{}{}:
	default:
	}
}

func (s *http2Stream) giveUp() {
	s.mux.mu.Lock()
	defer s.mux.mu.Unlock()
	s.leave()
}

// leave ends the script. It is called with mux.mu held.
func (s *http2Stream) leave() {
	s.bodyEnd = true
	select {
	case <-s.gone:
	default:
		close(s.gone)
	}
}

// received counts n body bytes, which took so much of the window. That is given back while the script reads them.
func (s *http2Stream) received(n int, window uint32, end bool) error {
	m := s.mux
	m.mu.Lock()
	s.size += int64(n)
	s.owed += window
	s.room -= int64(window)
	err := s.bodyFault(end)
	if err == nil && end {
		s.bodyEnd = true
		s.state |= gotEnd
	}
	m.mu.Unlock()
	if err != nil {
		return err
	}
	s.giveBack()
	s.poke()
	return nil
}

// bodyFault says what is wrong with the body that came so far. It is called with mux.mu held.
func (s *http2Stream) bodyFault(end bool) error {
	switch {
	case s.room < 0:
		return ofStream(s.id, http2.ErrCodeFlowControl, "RFC 9113, 6.9.1", "DATA is %d bytes above the stream's window", -s.room)
	case s.length >= 0 && (s.size > s.length || end && s.size < s.length):
		return ofStream(s.id, http2.ErrCodeProtocol, "RFC 9113, 8.1.1", "%d bytes of DATA, content-length is %d", s.size, s.length)
	}
	return nil
}

func (s *http2Stream) giveBack() {
	m := s.mux
	m.mu.Lock()
	n := uint32(0)
	if s.reading && !s.bodyEnd && !s.state.closed() {
		n, s.owed = s.owed, 0
	}
	m.mu.Unlock()
	m.credit(s.id, n)
}

func (s *http2Stream) bodyDone() bool {
	s.mux.mu.Lock()
	defer s.mux.mu.Unlock()
	return s.bodyEnd || s.state&weReset != 0
}

// readBody reads the rest of the request's body and discards it.
func (s *http2Stream) readBody(c *conn) error {
	s.mux.mu.Lock()
	s.reading = true
	s.mux.mu.Unlock()
	s.giveBack()
	if err := s.park(c, time.Time{}, s.bodyDone); err != nil {
		return err
	}
	s.mux.mu.Lock()
	size := s.size
	s.mux.mu.Unlock()
	if size > 0 && !s.told {
		s.told = true
		c.log(&Entry{Kind: KindBody, Bytes: size})
	}
	return nil
}
