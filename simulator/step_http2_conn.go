package simulator

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
	"golang.org/x/net/http2"
)

// HTTP2Settings are the values of a SETTINGS frame (RFC 9113, 6.5.2); those that are nil are not sent.
type HTTP2Settings struct {
	HeaderTableSize      *uint32 `yaml:"header_table_size,omitempty"`
	EnablePush           *uint32 `yaml:"enable_push,omitempty"`
	MaxConcurrentStreams *uint32 `yaml:"max_concurrent_streams,omitempty"`
	InitialWindowSize    *uint32 `yaml:"initial_window_size,omitempty"` // 0: no request's body is sent
	MaxFrameSize         *uint32 `yaml:"max_frame_size,omitempty"`
	MaxHeaderListSize    *uint32 `yaml:"max_header_list_size,omitempty"`
}

type settings HTTP2Settings
type readPreface struct{}

// ignore is a set of what a connection is not told.
type ignore uint8

const (
	ignoreSettings ignore = 1 << iota
	ignorePings
	ignoreWindow
)

var ignorable = []string{"settings", "pings", "window"}

// Settings sends a SETTINGS frame. In a connection rule it is the server's preface, in place of the empty one.
//
// nginx with grpc_pass, where initial_window_size is 0 and window is ignored, for a body above the 64 KiB that it sends before it
// reads the settings: "upstream timed out (110: Connection timed out) while sending request to upstream".
func Settings(s HTTP2Settings) Step { return settings(s) }

// ReadPreface reads the client's preface, which a connection rule's script does not do otherwise.
func ReadPreface() Step { return readPreface{} }

// Ignore leaves frames of these kinds without an answer from now on: settings (no acknowledgment), pings, window (no WINDOW_UPDATE).
func Ignore(kinds ...string) (Step, error) {
	var set ignore
	for _, k := range kinds {
		i := slices.Index(ignorable, k)
		if i < 0 {
			return nil, errors.New("ignore: want settings, pings or window, got " + k)
		}
		set |= 1 << i
	}
	return set, nil
}

var _ = registerStep("settings", "settings: {initial_window_size: 0, max_concurrent_streams: 1}", "sends HTTP/2 SETTINGS", optional[settings])
var _ = registerStep("read_preface", "read_preface", "reads the client's HTTP/2 preface (connection rules)", word(ReadPreface()))
var _ = registerStep("ignore", "ignore: [settings, pings, window]", "leaves such HTTP/2 frames unanswered", func(d *strictyaml.Decoder, arg *yaml.Node) (Step, error) {
	kinds, err := decodeArgument[[]string](d, arg)
	if err != nil {
		return nil, err
	}
	step, err := Ignore(kinds...)
	if err != nil {
		return nil, d.Errorf(arg, "want some of %s, got %s", strings.Join(ignorable, ", "), strings.Join(kinds, ", "))
	}
	return step, nil
})

func (s settings) compile(b *builder) error {
	if err := b.needHTTP2("settings"); err != nil {
		return err
	}
	b.flushHead()
	var payload []byte
	for id, v := range []*uint32{s.HeaderTableSize, s.EnablePush, s.MaxConcurrentStreams, s.InitialWindowSize, s.MaxFrameSize, s.MaxHeaderListSize} {
		if v != nil { // identifiers begin with 1
			payload = binary.BigEndian.AppendUint16(payload, uint16(id+1))
			payload = binary.BigEndian.AppendUint32(payload, *v)
		}
	}
	if b.connScope {
		b.do("", func(c *conn) error {
			c.mux.settingsSent = true
			return nil
		})
	}
	b.rawFrame(frameHeader{Length: uint32(len(payload)), Type: http2.FrameSettings}, nil, []segment{bytesSegment(payload)})
	return nil
}

func (readPreface) compile(b *builder) error {
	if err := b.needHTTP2("read_preface"); err != nil {
		return err
	}
	if !b.connScope {
		return errors.New("read_preface: the preface was read before the exchange began")
	}
	b.do("read_preface", func(c *conn) error {
		err := c.mux.readPreface()
		if errors.Is(err, errMalformed) {
			c.log(&Entry{Kind: KindMalformed, Text: err.Error()})
			return c.fin()
		}
		return err
	})
	return nil
}

func (set ignore) compile(b *builder) error {
	if err := b.needHTTP2("ignore"); err != nil {
		return err
	}
	b.do("ignore", func(c *conn) error {
		c.mux.mu.Lock()
		defer c.mux.mu.Unlock()
		c.mux.ignores |= set
		return nil
	})
	return nil
}

func (m *http2Conn) ignoring(what ignore) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ignores&what != 0
}
