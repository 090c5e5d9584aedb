package simulator

import "fmt"

// Traffic is what a connection carried, in bytes; over TLS in bytes of plaintext.
type Traffic struct {
	Read    int64 `json:"read"`    // by scripts and the parser; what they left unread is not in it
	Written int64 `json:"written"` // taken by the kernel
	// Unacknowledged are those of Written that the peer's kernel had not acknowledged when the connection ended (TCP's SIOCOUTQ, which
	// counts a FIN as one and with TLS the ciphertext): a reset discards them. It depends on the kernel's timing, but is 0 after Flush.
	Unacknowledged int64 `json:"unacknowledged,omitempty"`
}

// traffic is asked before the descriptor is closed.
func (c *conn) traffic() *Traffic {
	seen := c.shown()
	t := &Traffic{Read: seen.read.Load(), Written: seen.written.Load()}
	if !c.encrypted() {
		t.Read -= int64(c.in.peeked)
	}
	if !c.srv.traits.unix { // there SIOCOUTQ counts the kernel's memory, not bytes
		t.Unacknowledged = int64(c.undelivered())
	}
	return t
}

// String is "read 80, written 67, unacknowledged 67".
func (t *Traffic) String() string {
	text := fmt.Sprintf("read %d, written %d", t.Read, t.Written)
	if t.Unacknowledged > 0 {
		text += fmt.Sprintf(", unacknowledged %d", t.Unacknowledged)
	}
	return text
}

// String is "queue 1/511".
func (q *Queue) String() string { return fmt.Sprintf("queue %d/%d", q.Depth, q.Limit) }
