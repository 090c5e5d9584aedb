package probe

import (
	"net"
	"reflect"
	"testing"

	"github.com/miekg/dns"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// serveNames answers A questions for a.test, fails for AAAA, and knows no other name.
func serveNames(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetRcode(q, dns.RcodeNameError)
		if question := q.Question[0]; question.Name == "a.test." {
			m.Rcode = dns.RcodeServerFailure
			if question.Qtype == dns.TypeA {
				m.Rcode = dns.RcodeSuccess
				m.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: question.Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.IPv4(127, 0, 0, 9)}}
			}
		}
		if err := w.WriteMsg(m); err != nil {
			t.Errorf("answer: %v", err)
		}
	})}
	go srv.ActivateAndServe()
	t.Cleanup(func() { conn.Close() })
	return conn.LocalAddr().String()
}

func TestAskNames(t *testing.T) {
	server := serveNames(t)
	closed, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := closed.LocalAddr().String()
	closed.Close()
	got := AskNames(t.Context(), []evidence.NameQuestion{{Name: "a.test", Server: server}, {Name: "b.test", Server: server}, {Name: "a.test", Server: gone}})
	want := []evidence.Name{
		{Name: "a.test", Type: "A", Server: server, Addresses: []string{"127.0.0.9"}},
		{Name: "a.test", Type: "AAAA", Server: server, Status: "SERVFAIL"},
		{Name: "b.test", Type: "A", Server: server, Status: "NXDOMAIN"},
		{Name: "b.test", Type: "AAAA", Server: server, Status: "NXDOMAIN"},
		{Name: "a.test", Type: "A", Server: gone, Status: "refused"},
		{Name: "a.test", Type: "AAAA", Server: gone, Status: "refused"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
