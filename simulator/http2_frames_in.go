package simulator

import (
	"encoding/binary"
	"errors"

	"golang.org/x/net/http2"
)

// handle does what a frame asks of the connection, or begins an exchange.
func (m *http2Conn) handle(f http2.Frame) error {
	if settings, ok := f.(*http2.SettingsFrame); !m.greeted && (!ok || settings.IsAck()) {
		return ofConnection(http2.ErrCodeProtocol, "RFC 9113, 3.4", "%v before the first SETTINGS", f.Header().Type)
	}
	m.greeted = true
	switch f := f.(type) {
	case *http2.MetaHeadersFrame:
		return m.headers(f)
	case *http2.DataFrame:
		return m.data(f)
	case *http2.SettingsFrame:
		return m.settings(f)
	case *http2.PingFrame:
		m.ping(f)
	case *http2.WindowUpdateFrame:
		return m.windowUpdate(f)
	case *http2.RSTStreamFrame:
		return m.reset(f)
	case *http2.PriorityFrame:
		return m.priority(f)
	case *http2.PushPromiseFrame:
		return ofConnection(http2.ErrCodeProtocol, "RFC 9113, 8.4", "PUSH_PROMISE from a client")
	}
	return nil
}

// headers begins an exchange, or ends a request's body by its trailers.
func (m *http2Conn) headers(f *http2.MetaHeadersFrame) error {
	id := f.StreamID
	fresh, err := m.wantHeaders(id)
	switch {
	case err != nil:
		return err
	case !fresh:
		return m.trailers(f)
	}
	m.last = id
	if f.Truncated {
		return ofStream(id, http2.ErrCodeEnhanceYourCalm, "RFC 9113, 10.5.1", "header list is longer than %d bytes", m.root.srv.maxHead)
	}
	if err := requestFault(f); err != nil {
		return err
	}
	if err := m.fitsIn(id); err != nil {
		return err
	}
	m.open(f)
	return nil
}

// trailers ends a request's body.
func (m *http2Conn) trailers(f *http2.MetaHeadersFrame) error {
	s, err := m.take(f.StreamID, http2.FrameHeaders)
	if s == nil || err != nil {
		return err
	}
	if err := trailerFault(f); err != nil {
		return err
	}
	return s.received(0, 0, true)
}

// fitsIn refuses a stream above the limit that this side has set, or above maxStreams.
func (m *http2Conn) fitsIn(id uint32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	limit := m.offers.largest().streams
	if len(m.streams) < int(min(limit, maxStreams)) {
		return nil
	}
	open := uint32(0)
	for _, s := range m.streams {
		open += uint32(b2i(!s.state.closed()))
	}
	if limit = min(limit, maxStreams); open < limit && len(m.streams) < maxStreams {
		return nil
	}
	return ofStream(id, http2.ErrCodeRefusedStream, "RFC 9113, 5.1.2", "a stream above the limit of %d", limit)
}

// data counts body bytes and gives the connection's window back; the stream's is given back by who reads the body.
func (m *http2Conn) data(f *http2.DataFrame) error {
	size := f.Header().Length // padding counts, too: RFC 9113, 6.9.1
	if err := m.fits(size); err != nil {
		return err
	}
	if m.owed += size; m.owed >= initialWindow/2 {
		m.credit(0, m.owed)
		m.owed = 0
	}
	s, err := m.take(f.StreamID, http2.FrameData)
	if s == nil || err != nil {
		return err
	}
	return s.received(len(f.Data()), size, f.StreamEnded())
}

// credit lets the peer send n more bytes, on a stream or, with stream 0, on the connection.
func (m *http2Conn) credit(stream, n uint32) {
	if n == 0 || m.ignoring(ignoreWindow) {
		return
	}
	head := frameHeader{Length: 4, Type: http2.FrameWindowUpdate, Stream: stream}.append(nil)
	m.control(binary.BigEndian.AppendUint32(head, n))
}

func (m *http2Conn) settings(f *http2.SettingsFrame) error {
	if f.IsAck() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if !m.change((*offers).ack) {
			return ofConnection(http2.ErrCodeProtocol, "RFC 9113, 6.5", "SETTINGS were acknowledged that were not sent")
		}
		return nil
	}
	if err := f.ForeachSetting(m.setting); err != nil {
		return err
	}
	m.pokeAll()
	if !m.ignoring(ignoreSettings) {
		m.control(frameHeader{Type: http2.FrameSettings, Flags: http2.FlagSettingsAck}.append(nil))
	}
	return nil
}

func (m *http2Conn) setting(s http2.Setting) error {
	var code http2.ConnectionError
	if errors.As(s.Valid(), &code) {
		return ofConnection(http2.ErrCode(code), "RFC 9113, 6.5.2", "%v is out of bounds", s)
	}
	if s.ID != http2.SettingInitialWindowSize {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, stream := range m.streams { // RFC 9113, 6.9.2: also of open streams
		if stream.window += int64(s.Val) - m.initial; stream.window > maxWindow {
			return ofConnection(http2.ErrCodeFlowControl, "RFC 9113, 6.9.2", "%v puts the window of stream %d above 2^31-1", s, stream.id)
		}
	}
	m.initial = int64(s.Val)
	return nil
}

func (m *http2Conn) ping(f *http2.PingFrame) {
	if f.IsAck() || m.ignoring(ignorePings) {
		return
	}
	m.control(append(frameHeader{Length: 8, Type: http2.FramePing, Flags: http2.FlagPingAck}.append(nil), f.Data[:]...))
}

// maxWindow is how large a window can be (RFC 9113, 6.9.1).
const maxWindow = 1<<31 - 1

func (m *http2Conn) windowUpdate(f *http2.WindowUpdateFrame) error {
	if f.StreamID == 0 {
		m.mu.Lock()
		m.window += int64(f.Increment)
		over := m.window > maxWindow
		m.mu.Unlock()
		if over {
			return ofConnection(http2.ErrCodeFlowControl, "RFC 9113, 6.9.1", "WINDOW_UPDATE puts the connection's window above 2^31-1")
		}
		m.pokeAll()
		return nil
	}
	s, err := m.take(f.StreamID, http2.FrameWindowUpdate)
	if s == nil || err != nil {
		return err
	}
	m.mu.Lock()
	s.window += int64(f.Increment)
	over := s.window > maxWindow
	m.mu.Unlock()
	if over {
		return ofStream(s.id, http2.ErrCodeFlowControl, "RFC 9113, 6.9.1", "WINDOW_UPDATE puts the stream's window above 2^31-1")
	}
	s.poke()
	return nil
}

// reset ends the script of a stream that the peer gave up.
func (m *http2Conn) reset(f *http2.RSTStreamFrame) error {
	s, err := m.take(f.StreamID, http2.FrameRSTStream)
	if err != nil {
		return err
	}
	m.note(f.StreamID, peerReset)
	if s != nil {
		s.conn.log(&Entry{Kind: KindReset, By: ByPeer, Text: f.ErrCode.String()})
		s.giveUp()
	}
	return nil
}

// priority obeys nothing; but a stream cannot depend on itself (RFC 7540, 5.3.1).
func (m *http2Conn) priority(f *http2.PriorityFrame) error {
	if f.StreamDep != f.StreamID {
		return nil
	}
	if err := m.wantUsed(f.StreamID, http2.FramePriority); err != nil { // no stream that could be reset
		return ofConnection(http2.ErrCodeProtocol, dependencyRule, dependsOnItself, f.StreamID)
	}
	return ofStream(f.StreamID, http2.ErrCodeProtocol, dependencyRule, dependsOnItself, f.StreamID)
}

func (m *http2Conn) stream(id uint32) *http2Stream {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.streams[id]
}

func (m *http2Conn) pokeAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.streams {
		s.poke()
	}
}

func goAwayFrame(last uint32, code http2.ErrCode, text string) []byte {
	b := frameHeader{Length: uint32(8 + len(text)), Type: http2.FrameGoAway}.append(nil)
	b = binary.BigEndian.AppendUint32(b, last)
	b = binary.BigEndian.AppendUint32(b, uint32(code))
	return append(b, text...)
}

func rstStreamFrame(stream uint32, code http2.ErrCode) []byte {
	b := frameHeader{Length: 4, Type: http2.FrameRSTStream, Stream: stream}.append(nil)
	return binary.BigEndian.AppendUint32(b, uint32(code))
}
