package simulator

import "time"

// rawProtocol parses nothing: the one exchange of a connection begins at once, and its script reads and writes bytes. Its end is always a
// lingering one, because nothing tells when the peer has said all.
var rawProtocol = &protocol{
	head: func(c *conn, _ time.Time) error {
		c.exchange = 1
		c.req = request{}
		return nil
	},
	bodyDone: func(*conn) bool { return false },
	bodySize: func(*conn) int64 { return 0 },
}
