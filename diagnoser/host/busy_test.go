package host

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// One connection is open, and one was ended from here first.
func TestBusyCountsByState(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	open, err := net.Dial("tcp", l.Addr().String())
	must(t, err)
	defer open.Close()
	ended, err := net.Dial("tcp", l.Addr().String())
	must(t, err)
	for range 2 {
		peer, err := l.Accept()
		must(t, err)
		defer peer.Close()
		if peer.RemoteAddr().String() == ended.LocalAddr().String() {
			must(t, ended.Close())
			_, err = io.Copy(io.Discard, peer)
			must(t, err)
			must(t, peer.Close())
		}
	}
	want := evidence.Busy{Address: l.Addr().String(), Open: 1, TimeWait: 1}
	var got []evidence.Busy
	for limit := time.Now().Add(5 * time.Second); time.Now().Before(limit); time.Sleep(time.Millisecond) {
		h := Collect(t.Context(), Options{Parts: []string{"sockets"}}, evidence.HostQuestion{Busy: []string{l.Addr().String(), "127.0.0.1:1", "app:9000"}})
		if got = h.Busy; len(got) == 2 && got[0] == want && got[1] == (evidence.Busy{Address: "127.0.0.1:1"}) {
			return
		}
	}
	t.Errorf("got %+v, want %+v and none to the other", got, want)
}
