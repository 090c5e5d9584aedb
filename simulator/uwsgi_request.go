package simulator

import (
	"strconv"
	"time"

	"github.com/badgateway/badgateway/simulator/uwsgi"
)

// uwsgiProtocol is the uwsgi protocol as the uWSGI server speaks it: a packet of
// variables, the body behind it, an HTTP/1 response, the end of the connection.
//
// What is no packet is closed without a word and without reading it, so the
// peer reads ECONNRESET. nginx with proxy_pass where uwsgi_pass is meant: "recv()
// failed (104: Connection reset by peer) while reading response header from upstream".
var uwsgiProtocol = &protocol{
	head:     uwsgiHead,
	feed:     func(c *conn, p []byte) (int, error) { return c.body.feed(p) },
	bodyDone: func(c *conn) bool { return c.body.done() },
	bodySize: func(c *conn) int64 { return c.body.size },
	maxHead:  uwsgi.BufferSize,
	abrupt:   true,
}

// uwsgiHead waits for a whole packet. The size of its block is checked before any of it is read.
func uwsgiHead(c *conn, idleEnd time.Time) error {
	for {
		have := c.in.buf[c.in.r:c.in.w]
		want := uwsgi.HeaderLen
		if len(have) >= want {
			h := uwsgi.ParseHeader(have)
			if h.Modifier1 != uwsgi.WSGI && int(h.Size) <= c.srv.maxHead {
				return malformed("uWSGI, core/uwsgi.c", "unavailable modifier requested: %d", h.Modifier1)
			}
			if h.Size == 0 {
				return malformed("uWSGI, plugins/python/wsgi_handlers.c", "empty request")
			}
			if int(h.Size) > c.srv.maxHead {
				return malformed("uWSGI, proto/uwsgi.c", "invalid request block size: %d (max %d)", h.Size, c.srv.maxHead)
			}
			want += int(h.Size)
		}
		if len(have) > 0 {
			c.began()
			idleEnd = time.Time{}
		}
		if len(have) >= want {
			c.in.r += want
			c.exchange++
			return c.req.parseVars(have[uwsgi.HeaderLen:want], &c.body)
		}
		if err := c.fill(idleEnd); err != nil {
			return err
		}
	}
}

// maxVars is how many variables uWSGI takes unless its option max-vars says more: name and value of
// each are an element of a vector of 261, of which five are kept.
const maxVars = 128

// parseVars sets the request from a block of variables. Like uWSGI it never keeps the connection.
func (r *request) parseVars(block []byte, body *httpBody) error {
	*r = request{cgi: true, fields: r.fields[:0]}
	*body = httpBody{}
	for len(block) > 0 {
		name, value, rest, err := uwsgi.NextVar(block)
		if err != nil {
			return malformed("uWSGI, core/protocol.c", "%v", err)
		}
		if len(name) == 0 {
			return malformed("uWSGI, core/protocol.c", "key cannot be null")
		}
		r.fields = append(r.fields, pair{name, value})
		block = rest
	}
	if len(r.fields) > maxVars {
		return malformed("uWSGI, core/protocol.c", "max vec size reached: %d variables", len(r.fields))
	}
	r.method = r.first("REQUEST_METHOD")
	r.target = r.first("REQUEST_URI", "PATH_INFO", "DOCUMENT_URI")
	length := r.first("CONTENT_LENGTH")
	if len(length) == 0 {
		return nil
	}
	n, err := strconv.ParseUint(string(length), 10, 63)
	if err != nil {
		return malformed("RFC 3875, 4.1.2", "CONTENT_LENGTH %q", clip(length))
	}
	body.left = int64(n)
	return nil
}
