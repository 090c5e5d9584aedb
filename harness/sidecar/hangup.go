package sidecar

import (
	"context"
	"io"
	"net"
	"sync"
	"time"
)

// hangupPatience bounds how long the proxy's own end of a connection is waited for where it may not come, since the
// request asked for something else than its end. Otherwise it comes within microseconds, or as soon as the proxy runs.
const (
	hangupPatience = time.Second
	endPatience    = 20 * time.Second
)

// hangup is a client's connection that ends when the proxy ends it. nginx writes its access log between the
// last byte of a response and the end of a connection that is not kept (ngx_http_close_request), so whoever has
// waited for it can read the log.
type hangup struct {
	net.Conn
	kept bool // the proxy was not told to end it
	once sync.Once
	err  error
	done chan struct{}
}

// Close waits for the proxy's end first. Where it would keep the connection, it is told now that nothing more comes.
func (h *hangup) Close() error {
	h.once.Do(func() {
		if half, ok := h.Conn.(interface{ CloseWrite() error }); ok && h.kept {
			half.CloseWrite()
		}
		h.SetReadDeadline(time.Now().Add(hangupOf(h.kept)))
		io.Copy(io.Discard, h.Conn)
		h.err = h.Conn.Close()
		close(h.done)
	})
	return h.err
}

func hangupOf(kept bool) time.Duration {
	if kept {
		return hangupPatience
	}
	return endPatience
}

// hangups dials connections, of which the last one's end can be awaited.
type hangups struct {
	kept bool // of each
	mu   sync.Mutex
	last *hangup
}

func (h *hangups) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = &hangup{Conn: telling(ctx, c), kept: h.kept, done: make(chan struct{})}
	return h.last, nil
}

// await returns when the connection is closed, or an upgraded one has had its time.
func (h *hangups) await() {
	h.mu.Lock()
	last := h.last
	h.mu.Unlock()
	if last == nil {
		return
	}
	select {
	case <-last.done:
	case <-time.After(2 * hangupOf(h.kept)):
	}
}
