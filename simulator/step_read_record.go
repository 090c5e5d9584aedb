package simulator

import (
	"errors"
	"fmt"
	"time"
)

type readRecord int

// ReadRecord reads n whole FastCGI records, whatever they are, and journals the type and length of each. In a connection
// rule it reads into a request without waiting for all of it: BEGIN_REQUEST is the first record, PARAMS follow, then STDIN.
func ReadRecord(n int) Step { return readRecord(n) }

var _ = registerStep("read_record", "read_record: 2", "reads so many FastCGI records, whatever they are", argument[readRecord])

func (readRecord) reads() {}

func (n readRecord) compile(b *builder) error {
	if err := b.needFastCGI("read_record"); err != nil {
		return err
	}
	if n < 1 || n > maxLoop {
		return fmt.Errorf("read_record: %d is not between 1 and %d", int(n), maxLoop)
	}
	b.do("read_record", func(c *conn) error {
		for range n {
			if err := c.readRecord(); err != nil {
				return err
			}
		}
		return nil
	})
	return nil
}

func (c *conn) readRecord() error {
	begun := c.stream.headEnd
	for whole := false; !whole; whole = c.stream.have == 0 {
		if c.in.r == c.in.w {
			if err := c.fill(time.Time{}); err != nil {
				return err
			}
		}
		used, err := c.stream.feed(c.in.buf[c.in.r:c.in.w], c.srv.maxHead)
		c.in.r += used
		if errors.Is(err, errMalformed) {
			return c.refuseMalformed(err)
		}
		if err = errors.Join(err, c.sendReply()); err != nil {
			return err
		}
	}
	c.log(&Entry{Kind: KindRecord, Text: c.stream.current.Type.String(), Bytes: int64(c.stream.current.Length)})
	if begun || !c.stream.headEnd {
		return nil
	}
	c.exchange++ // the last of the parameters came
	return c.stream.fill(&c.req)
}
