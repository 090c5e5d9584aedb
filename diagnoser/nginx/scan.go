package nginx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
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
	// Line takes each line that belongs to no record: of an access log, of a backend that
	// logs to the same stream. The bytes are good until it returns.
	Line func(text []byte, line int64)
}

// Scan reads an error log to its end with a fixed buffer, whatever its size. The
// error of an input that is no text begins with name.
func Scan(ctx context.Context, name string, r io.Reader, sink Sink) (Stats, error) {
	s := scanner{name: name, sink: sink, buf: make([]byte, bufferSize)}
	err := s.run(ctx, r)
	return s.finish(), err
}

type scanner struct {
	name    string
	sink    Sink
	buf     []byte
	stats   Stats
	pending int64 // bytes at the front of buf that begin an unfinished record
	skip    bool  // the rest of an over-long record is passed over
	foreign int64 // lines that are not blank and belong to no record
	last    [timestampLen]byte
}

func (s *scanner) run(ctx context.Context, r io.Reader) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := r.Read(s.buf[s.pending:])
		if n > 0 {
			if bad := s.take(n); bad != nil {
				return bad
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			s.drain(s.buf[:s.pending], true)
			return nil
		case err != nil:
			return fmt.Errorf("read %s: %w", s.name, err)
		}
	}
}

// take accounts for n fresh bytes behind the pending ones and reads all whole records.
func (s *scanner) take(n int) error {
	fresh := s.buf[s.pending : s.pending+int64(n)]
	if at := bytes.IndexByte(fresh, 0); at >= 0 {
		return fmt.Errorf("%s: not a text log (NUL byte at offset %d)", s.name, s.stats.Bytes+int64(at))
	}
	s.stats.Bytes += int64(n)
	data := s.buf[:s.pending+int64(n)]
	rest := s.drain(data, false)
	if len(rest) == len(s.buf) {
		rest = s.overflow(rest)
	}
	s.pending = int64(copy(s.buf, rest))
	return nil
}

// overflow handles a buffer without the end of a line: it keeps the front as a
// record of its own and passes over the rest of that line.
func (s *scanner) overflow(rest []byte) []byte {
	if !s.skip {
		s.record(rest[:recordMax], s.stats.Lines+1)
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
