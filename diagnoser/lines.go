package diagnoser

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/apache"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/haproxy"
	"github.com/badgateway/badgateway/diagnoser/input"
)

// lineMax bounds one line; what is longer is cut.
const lineMax = 64 << 10

// eachLine calls take for each line of a log with its number, from 1, without its end.
// The error names the log.
func eachLine(ctx context.Context, log evidence.Log, take func(line []byte, n int64)) (size int64, err error) {
	in := input.New(reader(log))
	defer in.Close()
	r := bufio.NewReaderSize(in, lineMax)
	for n, rest := int64(1), false; ; {
		line, err := r.ReadSlice('\n')
		size += int64(len(line))
		if in.Binary() {
			return size, fmt.Errorf("%s: not a text log (NUL byte at offset %d)", log.Name, in.FirstNUL)
		}
		if len(line) > 0 && !rest {
			take(bytes.TrimRight(line, "\r\n"), n)
		}
		if rest = errors.Is(err, bufio.ErrBufferFull); rest {
			continue
		}
		switch {
		case errors.Is(err, io.EOF):
			return size, nil
		case err != nil:
			return size, fmt.Errorf("read %s: %w", log.Name, err)
		case ctx.Err() != nil:
			return size, ctx.Err()
		}
		n++
	}
}

// reader returns what to read of a log.
func reader(log evidence.Log) io.Reader {
	if log.Reader != nil {
		return log.Reader
	}
	return strings.NewReader(log.Text)
}

// parser is what a proxy's folder offers for one line of its log.
type parser func(line string) (evidence.Event, bool)

// parserOf returns the parser of a proxy that logs line by line, nil for nginx.
func parserOf(kind string) parser {
	switch kind {
	case "apache":
		return new(apache.Scanner).Parse
	case "haproxy":
		return haproxy.Parse
	}
	return nil
}

// scanLines reads the log of such a proxy.
func (r *Reading) scanLines(ctx context.Context, log evidence.Log, before int64, parse parser) error {
	s := &r.summary
	var begun wrappedRecord
	size, err := eachLine(ctx, log, func(line []byte, n int64) {
		s.Lines++
		n += before
		var e evidence.Event
		ok := false
		if r.proxy.Kind == "haproxy" && begun.add(string(line)) {
			e, ok = parse(begun.text) // before the line alone, of which the rest of a record may be made out
		}
		if !ok {
			e, ok = parse(string(line))
		}
		if ok {
			begun = wrappedRecord{}
		}
		if !ok {
			r.look(log.Name, n, line)
			return
		}
		if e.Outcome != "" {
			s.UpstreamErrors++
		}
		if !e.Time.IsZero() && (s.From.IsZero() || e.Time.Before(s.From)) {
			s.From = e.Time
		}
		if e.Time.After(s.To) {
			s.To = e.Time
		}
		e.Line = n
		r.groups.add(log.Name, r.targetElsewhere(e))
	})
	s.Bytes += size
	return err
}

// wrappedRecord is a record of HAProxy that was cut at a terminal's width when it was copied.
type wrappedRecord struct {
	text  string
	lines int
}

// add joins a line to the record that began before it, and tells whether there is something to
// be tried again. A record is given up after four lines.
func (w *wrappedRecord) add(line string) bool {
	switch {
	case strings.Contains(line, "haproxy["):
		*w = wrappedRecord{line, 1}
		return false
	case w.lines == 0 || w.lines >= 4:
		*w = wrappedRecord{}
		return false
	}
	w.text += line
	w.lines++
	return true
}
