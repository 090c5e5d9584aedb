package probe

import (
	"bufio"
	"net"
	"net/http"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// A backend that answers 101 goes on to speak another protocol: nothing more is read of it.
func TestAsksForAnUpgrade(t *testing.T) {
	a := backend(t, "tcp", "127.0.0.1:0", func(_ int, c net.Conn) {
		req, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil || req.Header.Get("Upgrade") != "websocket" || req.Header.Get("Connection") != "Upgrade" || len(req.Header.Get("Sec-WebSocket-Key")) != 24 {
			return
		}
		then(say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"), hang)(c)
	})
	for _, upgrade := range []bool{true, false} {
		got := Ask(t.Context(), evidence.Question{Target: target("http", a), URI: "/ws", Upgrade: upgrade, Wait: patience(evidence.OK)}, Options{})
		if (got.Status == http.StatusSwitchingProtocols) != upgrade || (got.Outcome == evidence.OK) != upgrade || got.Upgrade != upgrade {
			t.Errorf("upgrade %t: got %+v", upgrade, got)
		}
	}
}
