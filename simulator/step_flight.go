package simulator

import (
	"errors"
	"fmt"
	"time"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

// HandshakePlace is a place in a handshake.
type HandshakePlace string

// The places.
const (
	AfterAccept      HandshakePlace = "accept"       // nothing was read
	AfterClientHello HandshakePlace = "client_hello" // also when empty: nothing was answered
	AfterServerHello HandshakePlace = "server_hello" // the ServerHello's record was sent, and nothing of what follows it
)

// UnmarshalText reads the word.
func (p *HandshakePlace) UnmarshalText(text []byte) error {
	*p = HandshakePlace(text)
	switch *p {
	case AfterAccept, AfterClientHello, AfterServerHello:
		return nil
	}
	return fmt.Errorf("unknown place %q (known: %s, %s, %s)", text, AfterAccept, AfterClientHello, AfterServerHello)
}

// FlightAt is a place in the server's answer to the ClientHello: so many bytes after the place.
type FlightAt struct {
	After HandshakePlace `yaml:"after,omitempty"`
	Plus  int64          `yaml:"plus,omitempty"`
}

type stallHandshake struct {
	At   FlightAt      `yaml:",inline"`
	Gate string        `yaml:"gate,omitempty"`
	For  time.Duration `yaml:"for,omitempty"`
}
type cutHandshake struct {
	At   FlightAt `yaml:",inline"`
	Then Script   `yaml:"then" strict:"required"`
}
type dribbleHandshake struct {
	Size strictyaml.Size `yaml:"size" strict:"required"`
	Gap  time.Duration   `yaml:"gap" strict:"required"`
}

// StallHandshake holds the handshake at a place, until the peer ends.
//
// nginx: "upstream timed out (110: Connection timed out) while SSL handshaking to upstream".
func StallHandshake(at FlightAt) Step { return stallHandshake{At: at} }

// StallHandshakeAtGate holds the handshake at a place until a gate opens.
func StallHandshakeAtGate(at FlightAt, gate string) Step { return stallHandshake{At: at, Gate: gate} }

// StallHandshakeFor holds the handshake at a place for a time.
func StallHandshakeFor(at FlightAt, d time.Duration) Step { return stallHandshake{At: at, For: d} }

// CutHandshake does the steps at a place of the handshake, instead of the rest; the last of them ends the connection.
//
// nginx: "peer closed connection in SSL handshake while SSL handshaking to upstream", with "(104: Connection reset by peer)" after rst.
func CutHandshake(at FlightAt, then ...Step) Step { return cutHandshake{at, then} }

// DribbleHandshake sends what the handshake sends in pieces of a size, one each gap.
func DribbleHandshake(size strictyaml.Size, gap time.Duration) Step {
	return dribbleHandshake{size, gap}
}

var _ = registerStep("stall_handshake", "stall_handshake: {after: server_hello, plus: 10, gate: g, for: 2s}",
	"holds the coming TLS handshake at a place, until the peer ends when neither gate nor for is given; nginx: upstream timed out while SSL handshaking", argument[stallHandshake])
var _ = registerStep("cut_handshake", "cut_handshake: {after: client_hello, then: [rst]}",
	"ends the connection at a place of the coming TLS handshake; nginx: peer closed connection in SSL handshake", argument[cutHandshake])
var _ = registerStep("dribble_handshake", "dribble_handshake: {size: 16, gap: 100ms}", "sends the coming TLS handshake in small pieces", argument[dribbleHandshake])

// DecodeStrict also takes the place alone.
func (s *stallHandshake) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		return d.Decode(node, &s.At.After)
	}
	type plain stallHandshake
	return d.Decode(node, (*plain)(s))
}

func (at FlightAt) check(step string) error {
	if at.Plus < 0 || at.After == AfterAccept && at.Plus > 0 {
		return fmt.Errorf("%s: plus counts bytes of the server's answer, after client_hello or server_hello", step)
	}
	return nil
}

// comingHandshake refuses an effect on a handshake that never comes.
func (b *builder) comingHandshake(step string) error {
	if b.nested {
		return fmt.Errorf("%s: it belongs into the script itself, not inside a cut or an endless loop", step)
	}
	if err := b.needHello(step); err != nil || b.tls != nil {
		return err
	}
	b.effects = append(b.effects, effect{origin: b.current, at: End(), apply: func(b *builder, _ int64) error {
		if !b.shaken {
			return fmt.Errorf("%s: %w", step, errNoTLS)
		}
		return nil
	}})
	return nil
}

// onFlight adds an effect to the coming handshake.
func (b *builder) onFlight(step string, at FlightAt, run func(*conn) error) error {
	if err := errors.Join(at.check(step), b.comingHandshake(step)); err != nil {
		return err
	}
	if at.After == AfterAccept {
		b.do(step, run)
		return nil
	}
	b.do("", func(c *conn) error {
		s := c.security()
		s.flight = append(s.flight, flightEffect{step: step, hello: at.After == AfterServerHello, plus: at.Plus, run: run})
		return nil
	})
	return nil
}

func (s stallHandshake) compile(b *builder) error {
	return b.onFlight("stall_handshake", s.At, stallAt{gate: s.Gate, limit: s.For}.run)
}

func (s cutHandshake) compile(b *builder) error {
	inner := b.child()
	if err := inner.steps(s.Then); err != nil {
		return err
	}
	if inner.ended == "" {
		return errors.New("cut_handshake: the last step of then must end the connection: close, fin, hang, linger_close, loop, rst or vanish")
	}
	b.unread = b.unread || inner.unread
	then := &program{actions: joinAll(inner.actions)}
	return b.onFlight("cut_handshake", s.At, func(c *conn) error { return c.runActions(then) })
}

func (s dribbleHandshake) compile(b *builder) error {
	if s.Size <= 0 || s.Gap <= 0 {
		return errors.New("dribble_handshake: size and gap must be above 0")
	}
	if err := b.comingHandshake("dribble_handshake"); err != nil {
		return err
	}
	slow := &dribble{Size: s.Size, Gap: s.Gap}
	b.do("", func(c *conn) error {
		sec := c.security()
		sec.flight = append(sec.flight, flightEffect{step: "dribble_handshake", slow: slow})
		return nil
	})
	return nil
}
