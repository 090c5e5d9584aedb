package simulator

import "errors"

type fin struct{}
type rst struct{}
type closeNow struct{}
type lingerClose struct{}
type hang struct{}

// FIN ends the connection in an orderly way: the peer reads its end. What the peer still sends of an unfinished request is read and
// dropped, because closing with unread input would reset the connection.
//
// nginx: "upstream prematurely closed connection while reading response header from upstream".
func FIN() Step { return fin{} }

// RST resets the connection: the peer reads ECONNRESET. On TCP what is not yet delivered is discarded,
// so put Flush before it where the peer must see the output first. A unix socket has no RST: it is closed with some of the request unread, which has the same effect.
//
// nginx: "recv() failed (104: Connection reset by peer) while reading response header from upstream".
func RST() Step { return rst{} }

// Close is close(2) and nothing else: the kernel sends FIN, or RST where input lies unread. The journal says which.
func Close() Step { return closeNow{} }

// LingerClose sends FIN and then reads until the peer ends, too, so that an
// early answer is not destroyed by a reset (RFC 9112, 9.6).
func LingerClose() Step { return lingerClose{} }

// Hang does nothing until the peer ends the connection.
//
// nginx: "upstream timed out (110: Connection timed out) while reading response header from upstream".
func Hang() Step { return hang{} }

var _ = registerStep("fin", "fin", "ends the connection orderly; nginx: upstream prematurely closed connection", word(FIN()))
var _ = registerStep("rst", "rst", "resets the connection; nginx: recv() failed (104: Connection reset by peer)", word(RST()))
var _ = registerStep("close", "close", "close(2): FIN, or RST where input lies unread", word(Close()))
var _ = registerStep("linger_close", "linger_close", "sends FIN and reads until the peer ends, too", word(LingerClose()))
var _ = registerStep("hang", "hang", "does nothing until the peer ends the connection; nginx: upstream timed out (110: Connection timed out)", word(Hang()))

func (fin) compile(b *builder) error {
	if b.unread {
		return errors.New("fin: an orderly end reads what leave_unread leaves; use close or rst")
	}
	b.endSocket("fin", (*conn).fin)
	return nil
}

func (rst) compile(b *builder) error {
	if b.unix {
		if b.drained {
			return errors.New("rst: a unix socket is reset by closing it with unread input, and none is left here")
		}
		b.unread = true
	}
	b.endSocket("rst", (*conn).reset)
	return nil
}

func (closeNow) compile(b *builder) error {
	b.endSocket("close", (*conn).closeNow)
	return nil
}

func (lingerClose) compile(b *builder) error {
	if b.unread {
		return errors.New("linger_close: it reads what leave_unread leaves; use close or rst")
	}
	b.endSocket("linger_close", func(c *conn) error {
		if err := c.settle(); err != nil {
			return err
		}
		return c.lingerClose()
	})
	return nil
}

func (hang) compile(b *builder) error {
	b.end("hang", (*conn).hang)
	return nil
}

func (c *conn) closeNow() error {
	if !c.unread && !c.noRead {
		if err := c.settle(); err != nil {
			return err
		}
	}
	end := c.endNow()
	if c.unread && end != EndRST {
		c.failed("leave_unread: nothing lies unread at close")
	}
	c.finish(ByLocal, end, "")
	return errDone
}
