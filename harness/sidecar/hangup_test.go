package sidecar

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// An answer is given back when the server has ended the connection, which is after it has written its log.
func TestAnswerWaitsForTheServersEnd(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var logged atomic.Bool
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
			t.Errorf("read: %v", err)
		}
		c.Write([]byte("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"))
		time.Sleep(50 * time.Millisecond)
		logged.Store(true)
	}()
	req, err := http.NewRequest(http.MethodGet, "http://"+l.Addr().String()+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	seen := answer(req, func() {})
	if seen.Status != 200 || seen.Body != "ok" || seen.Error != "" || !logged.Load() {
		t.Errorf("got %+v, logged: %t", seen, logged.Load())
	}
}

// A server that would keep the connection, as after a request for an upgrade that came to nothing, ends it when nothing more can come.
func TestAnswerTellsAServerThatKeepsTheConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var ended atomic.Bool
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		r := bufio.NewReader(c)
		if _, err := http.ReadRequest(r); err != nil {
			t.Errorf("read: %v", err)
		}
		c.Write([]byte("HTTP/1.1 502 Bad Gateway\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nno"))
		_, err = r.ReadByte()
		ended.Store(err == io.EOF)
	}()
	req, err := http.NewRequest(http.MethodGet, "http://"+l.Addr().String()+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}}
	begin := time.Now()
	if seen := answer(req, func() {}); seen.Status != 502 || seen.Error != "" || !ended.Load() {
		t.Errorf("got %+v, ended: %t", seen, ended.Load())
	}
	if took := time.Since(begin); took > hangupPatience/2 {
		t.Errorf("took %v", took)
	}
}
