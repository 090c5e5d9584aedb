package simulator

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// violation is what a peer does against HTTP/2, and the answer to it: RST_STREAM where it is an
// error of a stream, else GOAWAY and the connection's end (RFC 9113, 5.4).
type violation struct {
	rule   string // where it is written
	stream uint32 // 0 for an error of the connection
	code   http2.ErrCode
	text   string
}

func (v violation) Error() string { return v.rule + ": " + v.text }

// Unwrap makes it an errMalformed.
func (v violation) Unwrap() error { return errMalformed }

// entry is the violation in the journal.
func (v violation) entry() *Entry {
	answer := "GOAWAY"
	if v.stream > 0 {
		answer = "RST_STREAM"
	}
	return &Entry{Kind: KindMalformed, Stream: v.stream, Text: fmt.Sprintf("%v; answered by %s %v", v, answer, v.code)}
}

// ofConnection is an error of the whole connection.
func ofConnection(code http2.ErrCode, rule, format string, args ...any) error {
	return violation{rule, 0, code, fmt.Sprintf(format, args...)}
}

// ofStream is an error of one stream.
func ofStream(stream uint32, code http2.ErrCode, rule, format string, args ...any) error {
	return violation{rule, stream, code, fmt.Sprintf(format, args...)}
}

// refuse answers a peer that breaks the protocol. Other errors end the connection.
func (m *http2Conn) refuse(err error) error {
	var v violation
	switch {
	case !errors.As(err, &v):
		return err
	case v.stream == 0:
		m.root.log(v.entry())
		return m.goAway(v.code)
	}
	m.last = max(m.last, v.stream)
	if s := m.stream(v.stream); s != nil {
		s.conn.log(v.entry())
		s.giveUp()
	} else {
		m.root.log(v.entry())
	}
	m.note(v.stream, weReset)
	m.control(rstStreamFrame(v.stream, v.code))
	return nil
}

// goAway ends the connection. Its scripts are over; what one is writing is waited for, lest GOAWAY
// comes behind the FIN.
func (m *http2Conn) goAway(code http2.ErrCode) error {
	m.mu.Lock()
	m.queue = append(m.queue, goAwayFrame(m.last, code, "")...)
	m.over = true
	for _, s := range m.streams {
		s.leave()
	}
	m.mu.Unlock()
	select {
	case m.turn <- struct{}{}:
		m.passTurn()
	case <-time.After(m.root.srv.linger):
	}
	return m.root.fin()
}

// judge names the rule that the framer found broken. It is called before anything else is read.
func (m *http2Conn) judge(h http2.FrameHeader, f http2.Frame, err error) error {
	var stream http2.StreamError
	var code http2.ConnectionError
	switch {
	case errors.Is(err, http2.ErrFrameTooLarge):
		return ofConnection(http2.ErrCodeFrameSize, "RFC 9113, 4.2", "%v frame of %d bytes", h.Type, h.Length)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF): // of the payload; the connection's end is another error
		return ofConnection(http2.ErrCodeFrameSize, "RFC 9113, 4.2", "%v is too short for what its flags promise", h.Type)
	case errors.As(err, &stream):
		return m.judgeStream(h, stream)
	case !errors.As(err, &code):
		return err
	case code == http2.ConnectionError(http2.ErrCodeCompression):
		rule, text := m.compressionFault()
		return ofConnection(http2.ErrCodeCompression, rule, "%s", text)
	}
	return ofConnection(http2.ErrCode(code), m.ruleOf(h, f, code), "%s", m.detail(h))
}

// judgeStream makes it an error of the connection where no stream can be reset, or the header
// block's compression was left undone.
func (m *http2Conn) judgeStream(h http2.FrameHeader, e http2.StreamError) error {
	switch {
	case h.Type != http2.FrameHeaders:
		if err := m.wantUsed(h.StreamID, h.Type); err != nil {
			return err
		}
		return ofStream(h.StreamID, e.Code, frameRule(h.Type), "%s", m.detail(h))
	case e.Cause == nil:
		return ofConnection(e.Code, frameRule(h.Type), "the padding is longer than what it pads")
	}
	if _, err := m.wantHeaders(h.StreamID); err != nil {
		return err
	}
	rule := "RFC 9113, 8.2.1"
	if text := e.Cause.Error(); strings.Contains(text, "pseudo") {
		rule = "RFC 9113, 8.3"
	}
	return ofStream(h.StreamID, e.Code, rule, "%v", e.Cause)
}

func (m *http2Conn) detail(h http2.FrameHeader) string {
	if err := m.framer.ErrorDetail(); err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%v of %d bytes with flags %#x on stream %d", h.Type, h.Length, uint8(h.Flags), h.StreamID)
}

func (m *http2Conn) ruleOf(h http2.FrameHeader, f http2.Frame, code http2.ConnectionError) string {
	block, isBlock := f.(*http2.MetaHeadersFrame)
	switch detail := m.framer.ErrorDetail(); {
	case detail != nil && strings.Contains(detail.Error(), "CONTINUATION"):
		return frameRule(http2.FrameContinuation)
	case h.Type == http2.FrameSettings && code == http2.ConnectionError(http2.ErrCodeFlowControl):
		return "RFC 9113, 6.5.2"
	case isBlock && block != nil:
		return "RFC 9113, 10.5.1" // the framer reads no more of a block that is too long or malformed
	}
	return frameRule(h.Type)
}

// frameRule is the section of a type of frame.
func frameRule(t http2.FrameType) string {
	if t > http2.FrameContinuation {
		return "RFC 9218, 7.1"
	}
	return fmt.Sprintf("RFC 9113, 6.%d", t+1)
}

// compressionFault finds out what is wrong with a header block. The framer does not say, so a
// fresh decoder looks at it again; where it lacks the dynamic table it cannot know.
func (m *http2Conn) compressionFault() (rule, text string) {
	err := decodeBlock(m.block, m.ourLimits().table)
	var index hpack.InvalidIndexError
	if decoding, ok := errors.AsType[hpack.DecodingError](err); ok {
		errors.As(decoding.Err, &index)
	}
	switch {
	case err == nil, index > 0 && m.last > 0:
		return "RFC 9113, 4.3", "the header block cannot be decoded"
	case index > 0:
		return "RFC 7541, 2.3.3", err.Error()
	case errors.Is(err, hpack.ErrInvalidHuffman):
		return "RFC 7541, 5.2", err.Error()
	}
	for part, rule := range map[string]string{
		"beginning of a header block": "RFC 7541, 4.2", "update too large": "RFC 7541, 6.3", "overflow": "RFC 7541, 5.1",
	} {
		if strings.Contains(err.Error(), part) {
			return rule, err.Error()
		}
	}
	return "RFC 9113, 4.3", err.Error()
}

// decodeBlock decodes HEADERS and CONTINUATION frames.
func decodeBlock(frames []byte, table uint32) error {
	d := hpack.NewDecoder(table, func(hpack.HeaderField) {})
	for in := http2.NewFramer(nil, bytes.NewReader(frames)); ; {
		f, err := in.ReadFrame()
		if err != nil { // the end
			return d.Close()
		}
		if block, ok := f.(interface{ HeaderBlockFragment() []byte }); ok {
			if _, err := d.Write(block.HeaderBlockFragment()); err != nil {
				return err
			}
		}
	}
}
