package simulator

import (
	"encoding/binary"
	"math"

	"golang.org/x/net/http2"
)

// limits are what SETTINGS of this side allow the peer (RFC 9113, 6.5.2).
type limits struct{ table, streams, window, frame uint32 }

var initialLimits = limits{table: 4096, streams: math.MaxUint32, window: initialWindow, frame: maxFrame}

// set takes the payload of a SETTINGS frame.
func (l *limits) set(payload []byte) {
	for ; len(payload) >= 6; payload = payload[6:] {
		value := binary.BigEndian.Uint32(payload[2:])
		switch http2.SettingID(binary.BigEndian.Uint16(payload)) {
		case http2.SettingHeaderTableSize:
			l.table = value
		case http2.SettingMaxConcurrentStreams:
			l.streams = value
		case http2.SettingInitialWindowSize:
			l.window = value
		case http2.SettingMaxFrameSize:
			l.frame = value
		}
	}
}

// offers are the settings that this side has sent. Until the peer has acknowledged them it may go
// by those before (RFC 9113, 6.5.3).
type offers struct {
	acked   limits
	pending []limits
}

// largest is what the peer may go by.
func (o *offers) largest() limits {
	l := o.acked
	for _, p := range o.pending {
		l = limits{max(l.table, p.table), max(l.streams, p.streams), max(l.window, p.window), max(l.frame, p.frame)}
	}
	return l
}

func (o *offers) send(payload []byte) {
	next := o.acked
	if n := len(o.pending); n > 0 {
		next = o.pending[n-1]
	}
	next.set(payload)
	o.pending = append(o.pending, next)
}

func (o *offers) ack() bool {
	if len(o.pending) == 0 {
		return false
	}
	o.acked, o.pending = o.pending[0], o.pending[1:]
	return true
}

// change alters what the peer may do, also on open streams (RFC 9113, 6.9.2). It is called with mu
// held.
func (m *http2Conn) change(alter func(*offers) bool) bool {
	before := m.offers.largest().window
	done := alter(&m.offers)
	grown := int64(m.offers.largest().window) - int64(before)
	for _, s := range m.streams {
		s.room += grown
	}
	return done
}

func (m *http2Conn) ourLimits() limits {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.offers.largest()
}

// applyLimits makes the framer as strict as this side's settings.
func (m *http2Conn) applyLimits() {
	l := m.ourLimits()
	m.framer.SetMaxReadFrameSize(l.frame)
	m.framer.ReadMetaHeaders.SetAllowedMaxDynamicTableSize(l.table)
}

// sent notes what a frame that goes to the peer, whoever wrote it, lets the peer do, or no longer.
func (m *http2Conn) sent(h frameHeader, payload []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case (h.Type == http2.FrameHeaders || h.Type == http2.FrameData) && h.Flags.Has(http2.FlagDataEndStream):
		m.sentOn(h.Stream, sentEnd)
	case h.Type == http2.FrameRSTStream:
		m.sentOn(h.Stream, weReset)
	case h.Type == http2.FrameSettings && !h.Flags.Has(http2.FlagSettingsAck):
		m.change(func(o *offers) bool {
			o.send(payload)
			return true
		})
	case h.Type == http2.FrameWindowUpdate && len(payload) == 4:
		n := int64(binary.BigEndian.Uint32(payload) & (1<<31 - 1))
		if h.Stream == 0 {
			m.room += n
		} else if s := m.streams[h.Stream]; s != nil {
			s.room += n
		}
	}
}

// sentOn leaves out streams that a script has made up.
func (m *http2Conn) sentOn(id uint32, state streamState) {
	if _, _, known := m.stateOf(id); known {
		m.noteLocked(id, state)
	}
}

// fits takes DATA off what the peer may send on the connection (RFC 9113, 6.9.1).
func (m *http2Conn) fits(size uint32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.room -= int64(size); m.room < 0 {
		return ofConnection(http2.ErrCodeFlowControl, "RFC 9113, 6.9.1", "DATA is %d bytes above the connection's window", -m.room)
	}
	return nil
}
