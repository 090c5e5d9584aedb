package simulator

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"time"
)

// security is what a connection has of TLS; plain ones have none.
type security struct {
	hello  *hello
	conn   *tls.Conn // once the handshake is complete
	wire   *wire
	silent bool // the connection ends without close_notify
	flight []flightEffect
}

func (c *conn) security() *security {
	if c.secure == nil {
		c.secure = &security{}
	}
	return c.secure
}

// encrypted tells whether what the script sends goes through TLS.
func (c *conn) encrypted() bool { return c.secure != nil && c.secure.conn != nil }

// send is one write of the script's output.
func (c *conn) send(p []byte) (int, error) {
	if c.mux != nil && c.sub == nil {
		c.mux.follow.follow(p)
	}
	if c.encrypted() {
		return c.secure.conn.Write(p)
	}
	return c.net.Write(p)
}

// output is where send writes.
func (c *conn) output() net.Conn {
	if c.encrypted() {
		return c.secure.conn
	}
	return c.net
}

// notifyClose sends close_notify, once, where TLS is spoken (RFC 8446, 6.1).
func (c *conn) notifyClose() {
	if c.encrypted() && !c.secure.silent {
		_ = c.secure.conn.CloseWrite()
	}
}

// fillTLS reads more plaintext, at least one byte.
func (c *conn) fillTLS(until time.Time) error {
	in := &c.in
	in.room()
	c.secure.wire.until = until
	n, err := c.secure.conn.Read(in.buf[in.w:])
	in.w += n
	c.seen.read.Add(int64(n))
	if n > 0 {
		return nil // an error that came with it comes again
	}
	in.release()
	return c.lostTLS(err)
}

// lostTLS says why no plaintext comes.
func (c *conn) lostTLS(err error) error {
	var wait interrupted
	alert, refused := remoteAlert(err)
	switch {
	case errors.As(err, &wait):
		return wait.error
	case errors.Is(err, errStopped), c.stop.Load():
		return errStopped
	case refused:
		c.log(&Entry{Kind: KindAlert, Text: "the peer sent the alert " + alert.describe(), TLS: &TLSEntry{Alert: alert, AlertBy: ByPeer}})
		return c.peerEnds()
	case c.secure.wire.broken != nil:
		return c.lost(c.secure.wire.broken)
	case errors.Is(err, io.EOF): // close_notify; its FIN follows
		return c.peerEnds()
	}
	c.log(&Entry{Kind: KindMalformed, Text: err.Error()})
	return c.lingerClose()
}

// peerEnds waits for the end of a peer that said in TLS that it ends.
func (c *conn) peerEnds() error {
	c.notifyClose()
	err := c.discard(time.Now().Add(c.srv.linger))
	if errors.Is(err, errElapsed) {
		c.finish(ByLocal, c.endNow(), "")
		return errDone
	}
	if errors.Is(err, errStopped) {
		return err
	}
	return c.lost(err)
}

// wire is the socket as crypto/tls sees it. It ends waits as the rest of the connection does.
type wire struct {
	c      *conn
	head   []byte    // read before the handshake began
	until  time.Time // of the next read
	broken error     // what ended the socket's input or output
	sent   int64     // bytes of the handshake's answer
	hello  int64     // of these, the ServerHello's record
	alert  Alert     // sent in plaintext by crypto/tls
	told   Alert     // sent in plaintext by the peer
	done   bool      // the handshake is over
}

// interrupted is an end of waiting after which reading can go on: crypto/tls keeps no temporary error.
type interrupted struct{ error }

func (interrupted) Timeout() bool   { return true }
func (interrupted) Temporary() bool { return true }

func (w *wire) Read(p []byte) (int, error) {
	if len(w.head) > 0 {
		n := copy(p, w.head)
		w.head = w.head[n:]
		w.c.seen.read.Add(-int64(n)) // plaintext is counted
		return n, nil
	}
	if err := w.c.settle(); err != nil {
		return 0, err
	}
	n, err := w.c.pull(p, w.until, w.c.gen.leaves)
	if w.c.gen.leaves {
		w.c.in.peeked = n
	}
	if a, ok := plainAlert(p[:max(n, 0)]); ok && !w.done {
		w.told = a
	}
	switch {
	case waits(err):
		return 0, interrupted{err}
	case err != nil && !errors.Is(err, errStopped):
		w.broken = err
	}
	return n, err
}

func (w *wire) Write(p []byte) (int, error) {
	if w.done {
		return w.put(p)
	}
	return w.writeFlight(p)
}

func (w *wire) put(p []byte) (int, error) {
	n, err := w.c.net.Write(p)
	w.sent += int64(n)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		w.broken = err
	}
	return n, err
}

func (w *wire) Close() error                     { return nil }
func (w *wire) LocalAddr() net.Addr              { return w.c.net.LocalAddr() }
func (w *wire) RemoteAddr() net.Addr             { return w.c.net.RemoteAddr() }
func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// newWire takes over what was read so far.
func (c *conn) newWire() *wire {
	w := &wire{c: c, head: bytes.Clone(c.in.buf[c.in.r:c.in.w])}
	c.in.r = c.in.w
	c.in.release()
	return w
}
