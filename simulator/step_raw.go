package simulator

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

type readN strictyaml.Size
type readUntil string
type echo strictyaml.Size

// ReadN reads n bytes: of the connection where no request is parsed (protocol raw, connection rules, after Upgrade), and else of the request's body.
func ReadN(n strictyaml.Size) Step { return readN(n) }

// ReadUntil reads up to and with the text, where no request is parsed.
func ReadUntil(text string) Step { return readUntil(text) }

// Echo sends back n bytes as they come, where no request is parsed; 0 is all, until the peer ends.
func Echo(n strictyaml.Size) Step { return echo(n) }

var _ = registerStep("read_n", "read_n: 8", "reads so many bytes, of the body where there is a request", argument[readN])
var _ = registerStep("read_until", `read_until: "\r\n"`, "reads up to and with the text (protocol raw, connection rules, after upgrade)", argument[readUntil])
var _ = registerStep("echo", "echo: 5", "sends back so many bytes as they come, or all until the peer ends (protocol raw, after upgrade)", optional[echo])

func (readN) reads()     {}
func (readUntil) reads() {}

// DecodeStrict reads a size.
func (n *readN) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	return (*strictyaml.Size)(n).DecodeStrict(d, node)
}

// DecodeStrict reads a size.
func (n *echo) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	return (*strictyaml.Size)(n).DecodeStrict(d, node)
}

// unparsed tells whether input at this point of the script is bytes and no request.
func (b *builder) unparsed() bool { return b.bare || b.connScope || b.upgraded }

func (b *builder) needUnparsed(step string) error {
	if b.unparsed() {
		return nil
	}
	return fmt.Errorf("%s: only possible with protocol raw, in the script of a connection rule, or after upgrade", step)
}

func (n readN) compile(b *builder) error {
	if n <= 0 {
		return errors.New("read_n: want a number of bytes above 0")
	}
	if b.unparsed() {
		b.do("read_n", func(c *conn) error { return c.readBytes(int64(n)) })
		return nil
	}
	if err := b.needOneExchange("read_n"); err != nil {
		return err
	}
	b.do("read_n", func(c *conn) error { return c.readBodyBytes(int64(n)) })
	return nil
}

func (text readUntil) compile(b *builder) error {
	if text == "" {
		return errors.New("read_until: the text is missing")
	}
	if err := b.needUnparsed("read_until"); err != nil {
		return err
	}
	b.do("read_until", func(c *conn) error { return c.readUntil([]byte(text)) })
	return nil
}

func (n echo) compile(b *builder) error {
	if err := b.needUnparsed("echo"); err != nil {
		return err
	}
	if n == 0 {
		b.end("echo", func(c *conn) error { return c.echo(math.MaxInt64) })
		return nil
	}
	b.do("echo", func(c *conn) error { return c.echo(int64(n)) })
	return nil
}

// some waits for input and returns what is there of it, at most limit bytes.
func (c *conn) some(limit int64) ([]byte, error) {
	if c.exchange == 0 {
		if err := c.awaitProxy(); err != nil {
			return nil, err
		}
	}
	if c.in.r == c.in.w {
		if err := c.fill(time.Time{}); err != nil {
			return nil, err
		}
	}
	return c.in.buf[c.in.r:][:min(limit, int64(c.in.w-c.in.r))], nil
}

// readBytes reads n bytes and journals how they begin.
func (c *conn) readBytes(n int64) error {
	var first []byte
	for left := n; left > 0; {
		p, err := c.some(left)
		if err != nil {
			return err
		}
		first = clip(append(first, clip(p)...))
		c.in.r += len(p)
		left -= int64(len(p))
	}
	c.log(&Entry{Kind: KindRead, Bytes: n, Text: strconv.Quote(string(first))})
	return nil
}

func (c *conn) readBodyBytes(n int64) error {
	proto := c.srv.protocol
	for end := proto.bodySize(c) + n; proto.bodySize(c) < end && !proto.bodyDone(c); {
		if err := c.readSome(int(end - proto.bodySize(c))); err != nil {
			return err
		}
	}
	return nil
}

// readUntil reads up to and with the text. More than a head may have is no such text.
func (c *conn) readUntil(text []byte) error {
	if _, err := c.some(1); err != nil {
		return err
	}
	for seen := 0; ; {
		b := c.in.buf[c.in.r:c.in.w]
		from := max(0, seen-len(text)+1)
		if i := bytes.Index(b[from:], text); i >= 0 {
			n := from + i + len(text)
			c.in.r += n
			c.log(&Entry{Kind: KindRead, Bytes: int64(n), Text: strconv.Quote(string(clip(b[:n])))})
			return nil
		}
		if seen = len(b); seen > c.srv.maxHead {
			c.failed("read_until: %d bytes came without %q", seen, text)
			return c.fin()
		}
		if err := c.fill(time.Time{}); err != nil {
			return err
		}
	}
}

// echo sends back what comes, n bytes of it.
func (c *conn) echo(n int64) error {
	for n > 0 {
		p, err := c.some(n)
		if err != nil {
			return err
		}
		if err := c.write(bytesSegment(p)); err != nil {
			return err
		}
		c.in.r += len(p)
		n -= int64(len(p))
	}
	return nil
}
