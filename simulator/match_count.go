package simulator

import (
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

// numbers is a range of ordinals, written 2, 2+ or 2-4.
type numbers = strictyaml.Ordinals

type connMatch struct{ numbers }
type exchangeMatch struct{ numbers }

// Conn holds for the n-th connection, from 1 in the order of accept.
func Conn(n uint64) Match { return connMatch{numbers{From: n, To: n}} }

// Exchange holds for the n-th request of a connection, from 1.
func Exchange(n int) Match { return exchangeMatch{numbers{From: uint64(n), To: uint64(n)}} }

// ExchangesFrom holds for the n-th request of a connection and all that follow.
func ExchangesFrom(n int) Match { return exchangeMatch{numbers{From: uint64(n), To: math.MaxUint64}} }

var _ = registerMatch("conn", "conn: 2", "the n-th connection, or a range: 2+, 2-4", matchArgument[connMatch])
var _ = registerMatch("exchange", "exchange: 2+", "the n-th request of its connection, or a range", matchArgument[exchangeMatch])

func (m connMatch) compile(matchScope) (test, error) {
	return func(f *facts) bool { return m.Has(f.conn) }, nil
}

func (m exchangeMatch) compile(s matchScope) (test, error) {
	return exchangeTest(s, "exchange", func(f *facts) bool { return m.Has(uint64(f.exchange)) })
}

type every uint64

// Every holds each n-th time that the rest of the match does.
func Every(n uint64) Match { return every(n) }

var _ = registerMatch("every", "every: 3", "each n-th time that the rest of the match holds", matchArgument[every])

func (every) counts() {}

func (n every) compile(matchScope) (test, error) {
	if n == 0 {
		return nil, fmt.Errorf("every: want a number from 1")
	}
	var asked atomic.Uint64
	return func(*facts) bool { return asked.Add(1)%uint64(n) == 0 }, nil
}

type after time.Duration

// After holds once the plan has been in force for d.
func After(d time.Duration) Match { return after(d) }

var _ = registerMatch("after", "after: 10s", "once the plan has been in force this long", decodeAfter)

func decodeAfter(d *strictyaml.Decoder, arg *yaml.Node) (Match, error) {
	var t time.Duration
	err := d.Decode(arg, &t)
	return After(t), err
}

func (a after) compile(matchScope) (test, error) {
	return func(f *facts) bool { return time.Since(f.since) >= time.Duration(a) }, nil
}

type while string

// While holds as long as the gate is open.
func While(gate string) Match { return while(gate) }

var _ = registerMatch("while", "while: maintenance", "as long as the gate of this name is open", matchArgument[while])

func (w while) compile(matchScope) (test, error) {
	return func(f *facts) bool { return f.srv.Gate(string(w)).isOpen() }, nil
}
