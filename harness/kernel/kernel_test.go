package kernel

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/diagnoser/host/sandbox"
	"github.com/google/nftables"
	"go.yaml.in/yaml/v3"
	"golang.org/x/sys/unix"
)

func listen(t *testing.T, address string) (*net.TCPListener, uint16) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.(*net.TCPListener), uint16(l.Addr().(*net.TCPAddr).Port)
}

// connect dials with a bound that only lost packets reach.
func connect(t *testing.T, address string, bound time.Duration) (net.Conn, error) {
	t.Helper()
	c, err := (&net.Dialer{Timeout: bound}).Dial("tcp", address)
	if err == nil {
		t.Cleanup(func() { _ = c.Close() })
	}
	return c, err
}

func apply(t *testing.T, f Fault) func() error {
	t.Helper()
	undo, err := Apply(t.Context(), f)
	if err != nil {
		t.Fatalf("Apply: %v", err)
	}
	return undo
}

func wantConnect(t *testing.T, address string, want error) {
	t.Helper()
	_, err := connect(t, address, 10*time.Second)
	if !errors.Is(err, want) || (want == nil) != (err == nil) {
		t.Errorf("connect to %s: got %v, want %v", address, err, want)
	}
}

func wantNoTable(t *testing.T) {
	t.Helper()
	conn, err := nftables.New()
	if err != nil {
		t.Fatal(err)
	}
	tables, err := conn.ListTables()
	if err != nil || len(tables) != 0 {
		t.Errorf("tables after undo: got %v (%v), want none", tables, err)
	}
}

func TestDropTimesOutNewConnectionsOnly(t *testing.T) {
	sandbox.Need(t)
	l, port := listen(t, "127.0.0.1:0")
	open, err := connect(t, l.Addr().String(), 300*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	undo := apply(t, Fault{Drop: &Drop{Port: port}})
	_, err = connect(t, l.Addr().String(), 300*time.Millisecond)
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("connect: got %v, want a timeout", err)
	}
	if _, err := open.Write([]byte("x")); err != nil {
		t.Error(err)
	}
	if _, err := io.ReadFull(server, make([]byte, 1)); err != nil {
		t.Errorf("an open connection: got %v, want its byte", err)
	}
	if err := undo(); err != nil {
		t.Errorf("undo: %v", err)
	}
	wantConnect(t, l.Addr().String(), nil)
	wantNoTable(t)
}

func TestRejectAnswersWith(t *testing.T) {
	sandbox.Need(t)
	for _, test := range []struct {
		address, with string
		want          error
	}{
		{"127.0.0.1:0", "tcp-reset", unix.ECONNREFUSED},
		{"127.0.0.1:0", "port-unreachable", unix.ECONNREFUSED},
		{"127.0.0.1:0", "host-prohibited", unix.EHOSTUNREACH},
		{"127.0.0.1:0", "admin-prohibited", unix.EHOSTUNREACH},
		{"[::1]:0", "tcp-reset", unix.ECONNREFUSED},
		{"[::1]:0", "port-unreachable", unix.ECONNREFUSED},
		{"[::1]:0", "admin-prohibited", unix.EACCES},
	} {
		t.Run(test.address+" "+test.with, func(t *testing.T) {
			l, port := listen(t, test.address)
			undo := apply(t, Fault{Reject: &Reject{Port: port, With: test.with}})
			wantConnect(t, l.Addr().String(), test.want)
			if err := undo(); err != nil {
				t.Errorf("undo: %v", err)
			}
			wantConnect(t, l.Addr().String(), nil)
			wantNoTable(t)
		})
	}
}

func TestRouteFailsAtOnce(t *testing.T) {
	sandbox.Need(t)
	for _, test := range []struct {
		to, kind string
		want     error
	}{
		{"127.0.0.9", "prohibit", unix.EACCES},
		{"127.0.0.9/32", "unreachable", unix.EHOSTUNREACH},
		{"127.0.9.0/24", "blackhole", unix.EINVAL},
		{"127.0.0.1", "prohibit", unix.EACCES}, // there is a local route to it already
	} {
		t.Run(test.to+" "+test.kind, func(t *testing.T) {
			p, err := prefix(test.to)
			if err != nil {
				t.Fatal(err)
			}
			l, _ := listen(t, net.JoinHostPort(p.Addr().Next().Prev().String(), "0"))
			undo := apply(t, Fault{Route: &Route{To: test.to, Kind: test.kind}})
			wantConnect(t, l.Addr().String(), test.want)
			if err := undo(); err != nil {
				t.Errorf("undo: %v", err)
			}
			wantConnect(t, l.Addr().String(), nil)
			if err := undo(); err != nil {
				t.Errorf("undo of what is gone: %v", err)
			}
		})
	}
}

func TestRemoveRoute(t *testing.T) {
	sandbox.Need(t)
	l, _ := listen(t, "127.0.0.9:0")
	undo := apply(t, Fault{Route: &Route{To: "127.0.0.9", Kind: "unreachable"}})
	if err := RemoveRoute("prohibit", "127.0.0.9"); !errors.Is(err, ErrNoRoute) {
		t.Errorf("of another kind: got %v, want %v", err, ErrNoRoute)
	}
	wantConnect(t, l.Addr().String(), unix.EHOSTUNREACH)
	if err := RemoveRoute("unreachable", "127.0.0.9"); err != nil {
		t.Error(err)
	}
	wantConnect(t, l.Addr().String(), nil)
	if err := undo(); err != nil {
		t.Errorf("undo of what is gone: %v", err)
	}
	if err := RemoveRoute("throw", "127.0.0.9"); err == nil {
		t.Error("an unknown kind: got no error")
	}
}

func TestAddAddress(t *testing.T) {
	sandbox.Need(t)
	undo, err := AddAddress("192.0.2.10")
	if err != nil {
		t.Fatal(err)
	}
	l, _ := listen(t, "192.0.2.10:0")
	wantConnect(t, l.Addr().String(), nil)
	for range 2 { // the second time it is gone
		if err := undo(); err != nil {
			t.Errorf("undo: %v", err)
		}
	}
	if _, err := AddAddress("nowhere"); err == nil {
		t.Error("no address: got no error")
	}
}

func TestRemoveFilter(t *testing.T) {
	sandbox.Need(t)
	l, port := listen(t, "127.0.0.1:0")
	undo := apply(t, Fault{Reject: &Reject{Port: port, With: "tcp-reset"}})
	conn, err := nftables.New()
	if err != nil {
		t.Fatal(err)
	}
	rules, err := conn.GetRules(&nftables.Table{Name: "filter", Family: nftables.TableFamilyINet}, &nftables.Chain{Name: "input"})
	if err != nil || len(rules) != 1 {
		t.Fatalf("rules: got %v (%v), want one", rules, err)
	}
	handle := rules[0].Handle
	for _, test := range []struct {
		family, chain string
		handle        uint64
		want          string
	}{
		{"inet", "input", handle + 1, "the chain has handles "},
		{"inet", "output", handle, "no such chain"},
		{"ip9", "input", handle, `unknown family "ip9"`},
	} {
		err := RemoveFilter(test.family, "filter", test.chain, test.handle)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want it to say %q", err, test.want)
		}
	}
	if err := RemoveFilter("inet", "filter", "input", handle); err != nil {
		t.Fatal(err)
	}
	wantConnect(t, l.Addr().String(), nil)
	if err := undo(); err != nil {
		t.Errorf("undo after the remedy: %v", err)
	}
	wantNoTable(t)
}

// An operator's chain and rule stay when the fault beside them is taken back.
func TestUndoLeavesWhatWasThere(t *testing.T) {
	sandbox.Need(t)
	conn, err := nftables.New()
	if err != nil {
		t.Fatal(err)
	}
	table := conn.AddTable(&nftables.Table{Family: nftables.TableFamilyINet, Name: "filter"})
	conn.AddChain(&nftables.Chain{Name: "input", Table: table, Type: nftables.ChainTypeFilter,
		Hooknum: nftables.ChainHookInput, Priority: nftables.ChainPriorityFilter})
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	defer func() { conn.DelTable(table); _ = conn.Flush() }()
	if err := apply(t, Fault{Drop: &Drop{Port: 9}})(); err != nil {
		t.Fatal(err)
	}
	chain, others, err := find(conn, nftables.TableFamilyINet, "filter", "input")
	if err != nil || chain == nil || others != 0 {
		t.Errorf("chain after undo: got %v, %d others (%v), want it alone", chain, others, err)
	}
}

func TestFaultDecodes(t *testing.T) {
	for _, text := range []string{`{"reject": {"port": 9000, "with": "tcp-reset"}}`, `{"drop": {"port": 1}}`, `{"route": {"to": "::1/128", "kind": "blackhole"}}`} {
		var fromYAML, fromJSON Fault
		if err := errors.Join(yaml.Unmarshal([]byte(text), &fromYAML), json.Unmarshal([]byte(text), &fromJSON)); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(fromYAML.Validate(), fromJSON.Validate()); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestFaultValidate(t *testing.T) {
	for _, test := range []struct {
		fault Fault
		want  string
	}{
		{Fault{}, "exactly one"},
		{Fault{Drop: &Drop{Port: 1}, Route: &Route{To: "127.0.0.2", Kind: "prohibit"}}, "exactly one"},
		{Fault{Drop: &Drop{}}, "port is missing"},
		{Fault{Reject: &Reject{Port: 1, With: "rst"}}, `unknown "rst"; known are admin-prohibited, host-prohibited`},
		{Fault{Route: &Route{To: "localhost", Kind: "prohibit"}}, "neither an address nor a network"},
		{Fault{Route: &Route{To: "127.0.0.2", Kind: "throw"}}, "known are blackhole, prohibit, unreachable"},
	} {
		if err := test.fault.Validate(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: got %v, want it to say %q", test.fault, err, test.want)
		}
	}
	if _, err := Apply(context.Background(), Fault{}); err == nil {
		t.Error("Apply of an empty fault: got no error")
	}
}
