package simulator

import (
	"encoding/binary"

	"golang.org/x/net/http2"
)

// handle does what a frame asks of the connection, or begins an exchange.
func (m *http2Conn) handle(f http2.Frame) error {
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
		m.reset(f)
	case *http2.PushPromiseFrame:
		return http2.ConnectionError(http2.ErrCodeProtocol) // RFC 9113, 8.4: clients cannot push
	}
	return nil
}

// headers begins an exchange, or ends a request's body by its trailers.
func (m *http2Conn) headers(f *http2.MetaHeadersFrame) error {
	id := f.StreamID
	if s := m.stream(id); s != nil {
		s.received(0, 0, f.StreamEnded())
		return nil
	}
	if id%2 == 0 || id <= m.last { // RFC 9113, 5.1.1
		return http2.ConnectionError(http2.ErrCodeProtocol)
	}
	m.last = id
	if f.Truncated {
		return http2.StreamError{StreamID: id, Code: http2.ErrCodeEnhanceYourCalm}
	}
	m.mu.Lock()
	full := len(m.streams) >= maxStreams
	m.mu.Unlock()
	if full {
		return http2.StreamError{StreamID: id, Code: http2.ErrCodeRefusedStream}
	}
	m.open(f)
	return nil
}

// data counts body bytes and gives the connection's window back; the stream's is given back by who reads the body.
func (m *http2Conn) data(f *http2.DataFrame) error {
	size := f.Header().Length // padding counts, too: RFC 9113, 6.9.1
	if m.owed += size; m.owed >= initialWindow/2 {
		m.credit(0, m.owed)
		m.owed = 0
	}
	if s := m.stream(f.StreamID); s != nil {
		s.received(len(f.Data()), size, f.StreamEnded())
	} else if f.StreamID > m.last {
		return http2.ConnectionError(http2.ErrCodeProtocol)
	}
	return nil
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
		return nil
	}
	if n, ok := f.Value(http2.SettingInitialWindowSize); ok {
		m.mu.Lock()
		for _, s := range m.streams { // RFC 9113, 6.9.2: also of open streams
			s.window += int64(n) - m.initial
		}
		m.initial = int64(n)
		m.mu.Unlock()
		m.pokeAll()
	}
	if !m.ignoring(ignoreSettings) {
		m.control(frameHeader{Type: http2.FrameSettings, Flags: http2.FlagSettingsAck}.append(nil))
	}
	return nil
}

func (m *http2Conn) ping(f *http2.PingFrame) {
	if f.IsAck() || m.ignoring(ignorePings) {
		return
	}
	m.control(append(frameHeader{Length: 8, Type: http2.FramePing, Flags: http2.FlagPingAck}.append(nil), f.Data[:]...))
}

func (m *http2Conn) windowUpdate(f *http2.WindowUpdateFrame) error {
	m.mu.Lock()
	if f.StreamID == 0 {
		m.window += int64(f.Increment)
	} else if s := m.streams[f.StreamID]; s != nil {
		s.window += int64(f.Increment)
	}
	over := m.window > 1<<31-1 // RFC 9113, 6.9.1
	m.mu.Unlock()
	if over {
		return http2.ConnectionError(http2.ErrCodeFlowControl)
	}
	m.pokeAll()
	return nil
}

// reset ends the script of a stream that the peer gave up.
func (m *http2Conn) reset(f *http2.RSTStreamFrame) {
	s := m.stream(f.StreamID)
	if s == nil {
		return
	}
	s.conn.log(&Entry{Kind: KindReset, By: ByPeer, Text: f.ErrCode.String()})
	s.giveUp()
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
