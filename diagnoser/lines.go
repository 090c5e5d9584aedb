package diagnoser

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
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
