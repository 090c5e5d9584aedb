package tail

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
)

// Stream reads a pipe, such as that of journalctl -f, and sends each batch of whole lines as it
// comes. The channel is closed at its end. When ctx ends nothing more is sent; a read that waits
// for the pipe goes on waiting, as nothing can interrupt it.
func Stream(ctx context.Context, name string, in io.Reader) <-chan Chunk {
	out := make(chan Chunk)
	go func() {
		defer close(out)
		r := bufio.NewReaderSize(in, carryMax)
		var lines int64
		for {
			text, err := batch(r)
			if len(text) > 0 {
				select {
				case out <- Chunk{Name: name, Text: text, Before: lines}:
				case <-ctx.Done():
					return
				}
				lines += int64(bytes.Count(text, []byte{'\n'}))
			}
			if err != nil {
				return
			}
		}
	}()
	return out
}

// batch waits for one line and takes what else is there already, up to its last whole line.
func batch(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	text := bytes.Clone(line)
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		return text, err
	}
	more, _ := r.Peek(r.Buffered())
	n := bytes.LastIndexByte(more, '\n') + 1
	text = append(text, more[:n]...)
	r.Discard(n)
	return text, nil
}
