package matchers_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/faults"
	. "github.com/badgateway/badgateway/simulator/matchers"
)

func start(t *testing.T, p *simulator.Plan) *simulator.Server {
	t.Helper()
	srv, err := simulator.New(simulator.Config{Listen: "tcp:127.0.0.1:0", Plan: p})
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	return srv
}

// get asks over a connection of its own.
func get(srv *simulator.Server, path string) {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get("http://" + strings.TrimPrefix(srv.Addr(), "tcp:") + path)
	if err == nil {
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
}

func TestServed(t *testing.T) {
	g := NewWithT(t)
	srv := start(t, &simulator.Plan{Exchanges: []simulator.Rule{simulator.On(simulator.Path("/hang"), simulator.RST())}})
	get(srv, "/cart?item=7")
	get(srv, "/hang")
	g.Eventually(srv).Should(And(HaveServed("/cart"), HaveServed("/cart?item=7"), HaveReceived("/hang"), HaveAccepted(2)))
	g.Expect(srv).NotTo(HaveServed("/hang"))
	g.Expect(srv).NotTo(HaveReceived("/car"))
	g.Expect(srv).To(HaveAccepted(BeNumerically("<", 3)))
	g.Expect(srv).To(HaveNoStrangers())
	g.Expect(srv).NotTo(HaveRefused())
}

func TestEnds(t *testing.T) {
	g := NewWithT(t)
	srv := start(t, faults.ResetInHeader(10))
	get(srv, "/")
	g.Eventually(srv).Should(HaveEnded(1, simulator.EndRST))
	g.Expect(srv).To(HaveEnded(1, simulator.EndRST, simulator.ByLocal))
	g.Expect(srv).NotTo(HaveEnded(1, simulator.EndRST, simulator.ByPeer))
	g.Expect(srv).NotTo(HaveEnded(2, simulator.EndRST))
	g.Expect(srv).NotTo(HaveEnded(1, simulator.EndFIN))
	g.Expect(srv).To(And(ReachStep("flush"), ReachStep("rst")))
	g.Expect(srv).NotTo(ReachStep("hang"))
}

func TestRefused(t *testing.T) {
	g := NewWithT(t)
	srv := start(t, nil)
	g.Expect(srv).NotTo(HaveRefused())
	g.Expect(srv.Refuse()).To(Succeed())
	g.Expect(srv).To(HaveRefused())
	g.Expect(srv.Resume()).To(Succeed())
	g.Expect(srv).NotTo(HaveRefused())
	g.Expect(start(t, faults.Refused())).To(HaveRefused())
}

func TestJournaledComposes(t *testing.T) {
	g := NewWithT(t)
	srv := start(t, nil)
	get(srv, "/a")
	get(srv, "/b")
	g.Eventually(srv).Should(HaveJournaled(simulator.KindRequest, HaveField("Path", "/b"), HaveField("Conn", BeNumerically("==", 2))))
	g.Expect(srv).To(HaveJournaled(simulator.KindAccept))
	g.Expect(srv).NotTo(HaveJournaled(simulator.KindRequest, HaveField("Path", "/b"), HaveField("Conn", BeNumerically("==", 1))))
	g.Expect(srv).To(WithTransform(OfConn(1), ContainElement(HaveField("Path", "/a"))))
	g.Expect(srv).NotTo(WithTransform(OfConn(1), ContainElement(HaveField("Path", "/b"))))
	g.Expect(srv).To(WithTransform(Entries, Not(BeEmpty())))
}

func TestStrangers(t *testing.T) {
	for name, talk := range map[string]func(*simulator.Server){
		"unscripted": func(s *simulator.Server) { get(s, "/nobody-knows") },
		"malformed": func(s *simulator.Server) {
			c, err := net.Dial("tcp", strings.TrimPrefix(s.Addr(), "tcp:"))
			if err == nil {
				_, _ = io.WriteString(c, "SSH-2.0-x\r\n\r\n")
				_, _ = io.Copy(io.Discard, c)
				_ = c.Close()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			srv := start(t, &simulator.Plan{Strict: true, Exchanges: []simulator.Rule{simulator.On(simulator.Path("/known"), simulator.Serve())}})
			get(srv, "/known")
			g.Expect(srv).To(HaveNoStrangers())
			talk(srv)
			g.Eventually(srv).ShouldNot(HaveNoStrangers())
			g.Expect(srv).To(HaveJournaled(name))
		})
	}
}

func TestMessagesShowTheJournal(t *testing.T) {
	entries := []simulator.Entry{
		{Seq: 1, Kind: simulator.KindAccept, Conn: 1},
		{Seq: 2, Kind: simulator.KindRequest, Conn: 1, Exchange: 1, Method: "GET", Path: "/pay", Rule: "default"},
	}
	const journal = "Expected the journal\n    1 conn=1 accept\n    2 conn=1 exchange=1 request GET /pay by default\n"
	for want, m := range map[string]types.GomegaMatcher{
		"to have served /cart":                        HaveServed("/cart"),
		"to have ended connection 1 by RST, by local": HaveEnded(1, simulator.EndRST, simulator.ByLocal),
		"to have accepted 2 connections":              HaveAccepted(2),
		"to refuse connections":                       HaveRefused(),
		"to have reached the step hang":               ReachStep("hang"),
		"to have an entry of kind close":              HaveJournaled(simulator.KindClose),
		"to have received a request for /cart":        HaveReceived("/cart"),
	} {
		ok, err := m.Match(entries)
		if ok || err != nil {
			t.Errorf("%s: got %v, %v, want no match", want, ok, err)
		}
		if got := m.FailureMessage(entries); got != journal+want {
			t.Errorf("got %q, want %q", got, journal+want)
		}
	}
	m := HaveReceived("/pay")
	if ok, _ := m.Match(entries); !ok {
		t.Error("HaveReceived(/pay) does not match")
	}
	if got := m.NegatedFailureMessage(entries); got != journal+"not to have received a request for /pay" {
		t.Errorf("got %q", got)
	}
}

// A journal that has lost entries proves nothing, and says so.
func TestLostEntriesAreAnError(t *testing.T) {
	srv, err := simulator.New(simulator.Config{Listen: "tcp:127.0.0.1:0", Journal: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	if _, err := HaveNoStrangers().Match(srv); err == nil || !strings.Contains(err.Error(), "has lost its first") {
		t.Errorf("got %v, want an error", err)
	}
	if _, err := HaveNoStrangers().Match("text"); err == nil || !strings.Contains(err.Error(), "got string") {
		t.Errorf("got %v, want an error", err)
	}
}
