package simulator

import (
	"fmt"
	"io/fs"

	"github.com/badgateway/badgateway/simulator/authority"
	"github.com/badgateway/badgateway/simulator/fastcgi"
)

// action is one compiled instruction: output, or something done to the connection.
type action struct {
	step string // the step's name; journaled when run is set and it is not empty
	seg  segment
	out  []segment // seg and what follows it without anything between, once all is compiled
	run  func(*conn) error
	body bool     // run reads the request's body
	slow *dribble // how seg is sent, when not at once
}

// traits is what must be known of the endpoint to compile a script.
type traits struct {
	fastcgi bool
	uwsgi   bool
	http2   bool
	unix    bool
	bare    bool // protocol raw: there are no requests
	tls     *TLS // what the endpoint speaks, or nil
	files   fs.FS
	sign    func() (*authority.Authority, error)
	setups  map[string]*tlsSetup // what setup made, by its settings
}

// variant is what a request decides about the output of otherwise fixed scripts.
type variant struct {
	connection connectionHeader
	headOnly   bool // the request's method is HEAD
}

type connectionHeader uint8

// What a response says of the connection: nothing in HTTP/1.1, keep-alive to an HTTP/1.0 client that asked for it, close.
const (
	sayNothing connectionHeader = iota
	sayKeep
	sayClose
	connectionHeaders
)

// builder turns a script into a program.
type builder struct {
	traits
	variant
	connScope bool // no request has been read
	nested    bool // inside then: of a cut
	endless   bool // inside a loop without times
	draws     *draws

	budget  *budget
	out     output
	actions []action
	pending []segment // content that no FastCGI record or HTTP/2 frame carries yet
	h2      h2Response
	effects []effect
	current Step // the step being compiled

	readsAlone bool   // the script says itself what is read
	bodyRead   bool   // the request's body has been read at this point
	headOpen   bool   // status and headers are being written
	framed     bool   // the header announced how the body ends
	ended      string // the step that ended the connection
	closes     bool   // the response ends with the connection
	unread     bool   // something of the request must stay unread
	drained    bool   // all input was consumed
	upgraded   bool   // 101 was answered: input is bytes from here on
	shaken     bool   // the script has done the TLS handshake
	alerted    bool   // a fatal alert was sent instead of one
}

// raw adds output to the socket's stream.
func (b *builder) raw(s segment) {
	if s.size > 0 && !b.budget.over() {
		b.budget.spend(len(s.data))
		b.actions = append(b.actions, action{seg: s})
		b.out.size[rawLayer] += s.size
	}
}

// content adds output to the response: at once in HTTP/1, in records or frames when the step is done in FastCGI and HTTP/2.
func (b *builder) content(s segment) {
	if !b.fastcgi && !b.http2 {
		b.out.extend(contentLayer, b.out.size[rawLayer], s.size)
		b.raw(s)
		return
	}
	if s.size > 0 && !b.budget.over() {
		b.budget.spend(len(s.data))
		b.pending = append(b.pending, s)
		b.out.size[contentLayer] += s.size // where it lies in the raw stream is settled by records
	}
}

// repeats is how often a step that is compiled once runs in one exchange, at most as far as Freeze lists that.
func (b *builder) repeats() int {
	if b.endless {
		return endlessTurns
	}
	return 1
}

func (b *builder) text(s string) { b.content(bytesSegment([]byte(s))) }

// do adds an instruction to the program. Named ones are journaled.
func (b *builder) do(step string, run func(*conn) error) {
	if step != "" {
		b.flushHead()
	}
	b.actions = append(b.actions, action{step: step, run: run})
}

// end adds the instruction that ends the connection; nothing may follow it.
func (b *builder) end(step string, run func(*conn) error) {
	b.do(step, run)
	b.ended = step
}

// endSocket is end for what is done to the socket itself, which only the
// goroutine that reads it may do: in HTTP/2 not the stream's.
func (b *builder) endSocket(step string, run func(*conn) error) { b.end(step, onSocket(run)) }

// needHTTP1 is the error of a step that only HTTP/1 has.
func (b *builder) needHTTP1(step string) error {
	switch {
	case b.fastcgi:
		return fmt.Errorf("%s: not possible in FastCGI", step)
	case b.http2:
		return fmt.Errorf("%s: not possible in HTTP/2", step)
	}
	return nil
}

func (b *builder) needHTTP2(step string) error {
	if !b.http2 {
		return fmt.Errorf("%s: only possible with protocol http2", step)
	}
	return nil
}

// needOneExchange is the error of a step that decides for a whole connection what is read of it.
func (b *builder) needOneExchange(step string) error {
	if b.http2 && !b.connScope {
		return fmt.Errorf("%s: an HTTP/2 connection is read for all its streams; ignore: [window] holds the peer's body back", step)
	}
	return nil
}

func (b *builder) needFastCGI(step string) error {
	if !b.fastcgi {
		return fmt.Errorf("%s: only possible with protocol fastcgi", step)
	}
	return nil
}

func (b *builder) needExchange(step string) error {
	if b.bare {
		return errNoRequests(step)
	}
	if b.connScope {
		return fmt.Errorf("%s: no exchange has begun where a connection rule's script runs", step)
	}
	return nil
}

func errNoRequests(step string) error {
	return fmt.Errorf("%s: protocol raw has no requests; read_n and read_until read bytes", step)
}

// settle puts pending FastCGI content into records.
func (b *builder) settle(t fastcgi.Type, r Records) {
	b.settleAs(func(rest []segment, each func(placed)) { b.records(t, rest, r, each) })
}

// settleAs lets emit send the pending content, and notes where each piece came to lie.
func (b *builder) settleAs(emit func(rest []segment, each func(placed))) {
	at := b.out.size[contentLayer] - sizeOf(b.pending)
	rest := b.pending
	b.pending = nil
	emit(rest, func(p placed) {
		b.out.spans[contentLayer] = append(b.out.spans[contentLayer], span{at, p.body, p.length})
		at += p.length
	})
}

// records cuts content into records and tells where each came to lie.
func (b *builder) records(t fastcgi.Type, rest []segment, r Records, each func(placed)) {
	size := int64(fastcgi.MaxContent)
	if r.Size > 0 {
		size = min(size, int64(r.Size))
	}
	b.budget.expect(sizeOf(rest) / size)
	for sizeOf(rest) > 0 && !b.budget.over() {
		var part []segment
		part, rest = take(rest, size)
		each(b.record(t, part, r))
	}
}

func sizeOf(list []segment) (n int64) {
	for _, s := range list {
		n += s.size
	}
	return n
}

// take splits off the first n bytes of a list of segments.
func take(list []segment, n int64) (head, rest []segment) {
	for i, s := range list {
		if s.size > n {
			head = append(head, s.slice(0, n))
			return head, append([]segment{s.slice(n, s.size)}, list[i+1:]...)
		}
		head = append(head, s)
		if n -= s.size; n == 0 {
			return head, list[i+1:]
		}
	}
	return head, nil
}
