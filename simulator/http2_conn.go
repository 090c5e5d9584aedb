package simulator

import (
	"errors"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// http2Protocol is HTTP/2 without TLS and with prior knowledge (RFC 9113, 3.3),
// as nginx speaks it with grpc_pass. Its connections are read by http2Conn. The
// peer's frames may come at any time, so an orderly end always awaits the peer's, lest a late one turn it into a reset.
var http2Protocol = &protocol{bodyDone: func(*conn) bool { return false }}

// maxStreams bounds the streams of one connection; more are refused (RFC 9113, 5.1.2).
const maxStreams = 1000

var errAsked = errors.New("asked to do something")

// http2Conn is an HTTP/2 connection. The connection's own goroutine reads all
// frames and answers those of the protocol. Each request is an exchange, and its
// script runs in a goroutine of its own: as a conn that shares the socket and
// writes whole frames in turn with the others.
type http2Conn struct {
	root    *conn
	framer  *http2.Framer
	running sync.WaitGroup // the streams' goroutines
	done    chan struct{}  // closed when the connection is over
	turn    chan struct{}  // holds one token, of who writes
	last    uint32         // the highest stream seen
	follow  frameFollower  // of what is written for no stream

	prefaceRead, settingsSent bool   // what a connection rule's script did already
	greeted                   bool   // the peer's SETTINGS came
	inFrame                   bool   // part of a frame was read
	block                     []byte // HEADERS and CONTINUATION as they were read

	mu      sync.Mutex
	streams map[uint32]*http2Stream // guarded by mu
	asked   []asking                // guarded by mu
	again   bool                    // guarded by mu; what the reader waits for has changed
	queue   []byte                  // guarded by mu; frames of the protocol that wait for the turn
	over    bool                    // guarded by mu; GOAWAY is the last of them
	ignores ignore                  // guarded by mu
	window  int64                   // guarded by mu; how much DATA the peer takes on the connection
	initial int64                   // guarded by mu; how much on a new stream
	room    int64                   // guarded by mu; how much DATA the peer may send on the connection
	offers  offers                  // guarded by mu
	past    pastStreams             // guarded by mu
	owed    uint32                  // of the connection's window, not given back yet; the reader's alone
	ended   time.Time               // guarded by mu; when the last exchange ended
}

// asking is something that a stream wants done to the socket by the goroutine that reads it.
type asking struct {
	stream *conn
	run    func(*conn) error
	reply  chan error
}

func newHTTP2Conn(root *conn) *http2Conn {
	m := &http2Conn{
		root: root, done: make(chan struct{}), turn: make(chan struct{}, 1), streams: map[uint32]*http2Stream{},
		window: initialWindow, initial: initialWindow, room: initialWindow, offers: offers{acked: initialLimits},
	}
	m.follow.sent = m.sent
	return m
}

// initialWindow is what holds until SETTINGS or WINDOW_UPDATE say more (RFC 9113, 6.9.2).
const initialWindow = 1<<16 - 1

// serve reads the connection to its end.
func (m *http2Conn) serve() error {
	defer m.shut()
	if err := m.begin(); err != nil {
		return err
	}
	m.framer = http2.NewFramer(nil, frameReader{m})
	m.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	m.framer.MaxHeaderListSize = uint32(m.root.srv.maxHead)
	for {
		m.inFrame = false
		f, err := m.readFrame()
		if err == nil {
			err = m.handle(f)
		}
		if err == nil {
			continue
		}
		if err = m.refuse(err); err != nil {
			return err
		}
	}
}

// readFrame reads a frame, with HEADERS all that belongs to their block.
func (m *http2Conn) readFrame() (http2.Frame, error) {
	m.block = m.block[:0]
	h, err := m.framer.ReadFrameHeader()
	if err != nil {
		return nil, m.judge(h, nil, err)
	}
	if h.Type == http2.FrameHeaders {
		m.block = frameHeader{h.Length, h.Type, h.Flags, h.StreamID}.append(m.block)
	}
	f, err := m.framer.ReadFrameForHeader(h)
	if err != nil {
		return nil, m.judge(h, f, err)
	}
	return f, nil
}

// begin reads the client's preface and sends the server's (RFC 9113, 3.4).
func (m *http2Conn) begin() error {
	err := m.readPreface()
	if err != nil && !errors.Is(err, errMalformed) {
		return err
	}
	if !m.settingsSent {
		m.control(frameHeader{Type: http2.FrameSettings}.append(nil))
	}
	if err == nil {
		return nil
	}
	return m.refuse(err)
}

func (m *http2Conn) readPreface() error {
	in := &m.root.in
	for !m.prefaceRead {
		have := in.buf[in.r:in.w]
		n := min(len(have), len(http2.ClientPreface))
		if string(have[:n]) != http2.ClientPreface[:n] {
			in.r = in.w
			return ofConnection(http2.ErrCodeProtocol, "RFC 9113, 3.4", "no HTTP/2 preface, but %q", clip(have))
		}
		if m.prefaceRead = n == len(http2.ClientPreface); m.prefaceRead {
			in.r += n
			break
		}
		if err := m.fill(); err != nil {
			return err
		}
	}
	return nil
}

// frameReader gives the framer the connection's input.
type frameReader struct{ m *http2Conn }

// Read takes what is there, or waits for more.
func (r frameReader) Read(p []byte) (int, error) {
	in := &r.m.root.in
	for in.r == in.w {
		if err := r.m.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, in.buf[in.r:in.w])
	in.r += n
	r.m.inFrame = true
	if len(r.m.block) > 0 {
		r.m.block = append(r.m.block, p[:n]...)
	}
	r.m.applyLimits() // before the framer judges what was read
	return n, nil
}

// fill waits for input. On the way it does what streams ask for, takes a new plan up, and ends a connection that lies idle.
func (m *http2Conn) fill() error {
	c := m.root
	c.between = true
	until := m.idleEnd()
	var err error
	if !c.encrypted() { // crypto/tls may have more already
		err = c.awaitMore(until)
	}
	if err == nil {
		err = c.fill(until)
	}
	c.between = false
	switch {
	case errors.Is(err, errNewPlan):
		c.gen = c.srv.everywhere.Load()
		return nil
	case errors.Is(err, errAsked):
		return m.doAsked()
	case errors.Is(err, errElapsed):
		c.rule = "idle"
		return c.run(c.gen.idle)
	}
	return err
}

// idleEnd is when a connection without streams has lain idle for too long.
func (m *http2Conn) idleEnd() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.root.gen.idle == nil || m.inFrame || len(m.streams) > 0 || m.ended.IsZero() {
		return time.Time{}
	}
	return m.ended.Add(m.root.gen.idleAfter)
}

func (m *http2Conn) wanted() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.again || len(m.asked) > 0
}

// lookAgain makes the reader think anew of what it waits for.
func (m *http2Conn) lookAgain() {
	m.mu.Lock()
	m.again = true
	m.mu.Unlock()
	m.root.wake()
}

// onSocket makes what is done to the socket itself safe for streams: the goroutine that reads the connection does it.
func onSocket(run func(*conn) error) func(*conn) error {
	return func(c *conn) error {
		if c.sub == nil {
			return run(c)
		}
		return c.mux.ask(c, run)
	}
}

func (m *http2Conn) ask(c *conn, run func(*conn) error) error {
	a := asking{c, run, make(chan error, 1)}
	m.mu.Lock()
	m.asked = append(m.asked, a)
	m.mu.Unlock()
	m.root.wake()
	select {
	case err := <-a.reply:
		return err
	case <-m.done:
		return c.lost(nil)
	}
}

func (m *http2Conn) doAsked() error {
	m.mu.Lock()
	asked := m.asked
	m.asked, m.again = nil, false
	m.mu.Unlock()
	c := m.root
	for _, a := range asked {
		exchange := c.exchange
		c.exchange, c.rule = a.stream.exchange, a.stream.rule // in whose name it is journaled
		err := a.run(c)
		c.exchange = exchange
		if a.reply <- err; err != nil {
			return err
		}
	}
	return nil
}

// shut ends the streams and returns when their goroutines have.
func (m *http2Conn) shut() {
	close(m.done)
	m.mu.Lock()
	for _, s := range m.streams {
		s.conn.stop.Store(true)
	}
	m.mu.Unlock()
	_ = m.root.net.SetWriteDeadline(past)
	m.running.Wait()
}
