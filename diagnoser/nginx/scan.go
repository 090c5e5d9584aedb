package nginx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/input"
)

const (
	// bufferSize holds many records at once; a record that crosses its end is moved to its front.
	bufferSize = 256 << 10
	// recordMax bounds one record. nginx itself cuts at 2048 bytes (NGX_MAX_ERROR_STR); what is
	// longer was joined of lines that belong to no record, and its rest is passed over.
	recordMax = 16 << 10
)

// Stats counts what a log held.
type Stats struct {
	Bytes        int64
	Lines        int64
	Records      int64 // lines that begin as an error-log record does
	Events       int64 // upstream errors
	Unrecognized int64 // upstream records without a signature; every line, where no line is a record
	From, To     time.Time
}

// Sink takes what Scan finds, in the log's order. A nil function takes nothing.
type Sink struct {
	Event func(evidence.Event) // an upstream error
	Note  func(evidence.Event) // a record worth knowing that is none: it has no Outcome
	// Like, when set, takes the first of several like events or notes instead of Event and Note, and
	// returns what takes the others: those that differ in time, process, connection, client,
	// request, and the URI of the upstream alone. It saves the making of an Event of each.
	Like func(evidence.Event) func(Repeat)
	// Line takes each line that belongs to no record: of an access log, of a backend that
	// logs to the same stream. The bytes are good until it returns.
	Line func(text []byte, line int64)
	// Other tells whether a line begins a record of another log. Such a line is given to Line, and no record is joined of
	// it and what follows. It may be asked of one line twice.
	Other func(text []byte) bool
	// Before counts lines of the same log that were scanned earlier: numbering goes on behind them.
	Before int64
}

// Scan reads an error log to its end with a fixed buffer, whatever its size. The
// error of an input that is no text begins with name.
func Scan(ctx context.Context, name string, r io.Reader, sink Sink) (Stats, error) {
	in := input.New(r)
	s := scanner{name: name, sink: sink, buf: make([]byte, bufferSize), shapes: newShapes()}
	s.stats.Lines = sink.Before
	err := s.run(ctx, in)
	stats := s.finish()
	stats.Lines -= sink.Before
	if err == nil {
		err = s.binary(in, stats)
	}
	return stats, errors.Join(err, in.Close())
}

// binary refuses what held NUL bytes and not one record: a truncated log begins with NUL bytes, but goes on as text.
func (s *scanner) binary(in *input.Reader, stats Stats) error {
	if in.NUL == 0 || stats.Records > 0 {
		return nil
	}
	return fmt.Errorf("%s: not a text log (NUL byte at offset %d)", s.name, in.FirstNUL)
}

type scanner struct {
	name     string
	sink     Sink
	buf      []byte
	stats    Stats
	pending  int64  // bytes at the front of buf that begin an unfinished record
	skip     bool   // the rest of an over-long record is passed over
	foreign  int64  // lines that are not blank and belong to no record
	latest   []byte // timestamp of the record that began last, good until buf is filled again
	last     [timestampLen]byte
	shapes   *shapes
	messages messages
	clock    clock
}

func (s *scanner) run(ctx context.Context, r io.Reader) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := r.Read(s.buf[s.pending:])
		if n > 0 {
			s.take(n)
		}
		switch {
		case errors.Is(err, io.EOF):
			s.drain(s.buf[:s.pending], true)
			copy(s.last[:], s.latest)
			return nil
		case err != nil:
			return fmt.Errorf("read %s: %w", s.name, err)
		}
	}
}

// take accounts for n fresh bytes behind the pending ones and reads all whole records.
func (s *scanner) take(n int) {
	s.stats.Bytes += int64(n)
	data := s.buf[:s.pending+int64(n)]
	rest := s.drain(data, false)
	if len(rest) == len(s.buf) {
		rest = s.overflow(rest)
	}
	copy(s.last[:], s.latest)
	s.latest = nil
	s.pending = int64(copy(s.buf, rest))
}

// overflow handles a buffer without the end of a line: it keeps the front as a
// record of its own and passes over the rest of that line.
func (s *scanner) overflow(rest []byte) []byte {
	if !s.skip {
		s.record(rest[:recordMax], s.stats.Lines+1, false)
		s.skip = true
	}
	return nil
}

func (s *scanner) finish() Stats {
	if s.stats.Records == 0 {
		s.stats.Unrecognized += s.foreign
		return s.stats
	}
	if t, ok := timestamp(s.last[:]); ok {
		s.stats.To = t
	}
	return s.stats
}
