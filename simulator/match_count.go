package simulator

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

// numbers is a range of ordinals, written 2, 2+ or 2-4.
type numbers struct{ from, to uint64 }

func (n numbers) has(k uint64) bool { return k >= n.from && k <= n.to }

// DecodeStrict reads a number or a range.
func (n *numbers) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	var err error
	if node.Kind == yaml.ScalarNode {
		*n, err = parseNumbers(node.Value)
	}
	if node.Kind != yaml.ScalarNode || err != nil {
		return d.Errorf(node, "want a number from 1, or a range such as 2+ or 2-4, got %s", strictyaml.Describe(node))
	}
	return nil
}

func parseNumbers(s string) (numbers, error) {
	first, open := strings.CutSuffix(s, "+")
	first, last, closed := strings.Cut(first, "-")
	from, err := strconv.ParseUint(first, 10, 64)
	n := numbers{from, from}
	switch {
	case err != nil || from == 0 || open && closed:
		return n, fmt.Errorf("%q is no range", s)
	case open:
		n.to = math.MaxUint64
	case closed:
		if n.to, err = strconv.ParseUint(last, 10, 64); err != nil || n.to < from {
			return n, fmt.Errorf("%q is no range", s)
		}
	}
	return n, nil
}

type connMatch struct{ numbers }
type exchangeMatch struct{ numbers }

// Conn holds for the n-th connection, from 1 in the order of accept.
func Conn(n uint64) Match { return connMatch{numbers{n, n}} }

// Exchange holds for the n-th request of a connection, from 1.
func Exchange(n int) Match { return exchangeMatch{numbers{uint64(n), uint64(n)}} }

// ExchangesFrom holds for the n-th request of a connection and all that follow.
func ExchangesFrom(n int) Match { return exchangeMatch{numbers{uint64(n), math.MaxUint64}} }

var _ = registerMatch("conn", "conn: 2", "the n-th connection, or a range: 2+, 2-4", matchArgument[connMatch])
var _ = registerMatch("exchange", "exchange: 2+", "the n-th request of its connection, or a range", matchArgument[exchangeMatch])

func (m connMatch) compile(matchScope) (test, error) {
	return func(f *facts) bool { return m.has(f.conn) }, nil
}

func (m exchangeMatch) compile(s matchScope) (test, error) {
	return exchangeTest(s, "exchange", func(f *facts) bool { return m.has(uint64(f.exchange)) })
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
