package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/nginx"
	"github.com/badgateway/badgateway/harness/scenario"
)

// world is what stands around the proxy in the pod.
type world struct {
	plan   string // of each backend; empty serves well
	method string // of the probe; empty is GET
	says   string // for people: how the backend behaves
	once   bool   // the probe takes time
	refuse bool   // the backends refuse one request before each probe
	again  bool   // a request goes before each probe, on a connection that may be kept
	idle   time.Duration
	names  []string // of the fakes
}

func (w world) times() int {
	if w.once {
		return 1
	}
	return probes
}

// acts happen before each probe and are not looked at.
func (w world) acts() (acts []scenario.Act) {
	first := scenario.Request{Path: "/"}
	if w.refuse {
		for _, n := range w.names {
			acts = append(acts, scenario.Act{Refuse: n})
		}
		acts = append(acts, scenario.Act{Request: &first})
		for _, n := range w.names {
			acts = append(acts, scenario.Act{Resume: n})
		}
	}
	if w.again || w.idle > 0 {
		acts = append(acts, scenario.Act{Request: &first})
	}
	if w.idle > 0 {
		acts = append(acts, scenario.Act{Idle: w.idle})
	}
	return acts
}

// recipe makes the world of a cause, and may scale the configuration's times. Causes without one
// are not of the configuration, or cannot be told from it alone.
type recipe func(*trial) error

var recipes = map[string]recipe{
	"wrong-port":           served,
	"wrong-host":           served,
	"localhost-dual-stack": served,
	"tls-scheme-mismatch":  tlsSpoken,
	"protocol-mismatch":    served,
	"backend-down":         served,
	"container-localhost":  served,
	"socket-missing":       served,
	"socket-wrong-version": served,
	"oversized-header":     oversized,
	"read-timeout":         slow,
	"long-poll-timeout":    slow,
	"keepalive-race":       race,
	"keepalive-hang":       deaf,
	"no-live-upstreams":    noneLive,
	"passive-health-check": failedOnce,
	"sni-missing":          nameless,
}

// served has a good backend where the edited configuration looks for it, in the protocol that it speaks there, and nothing elsewhere.
func served(t *trial) error {
	t.world.says = "a backend that serves where the edit says"
	return nil
}

// tlsSpoken has a good backend as the edited configuration wants it: with or without TLS, and where the edit allows
// another version of TLS, in that version alone.
func tlsSpoken(t *trial) error {
	if err := served(t); err != nil {
		return err
	}
	from, to := t.before.words("ssl_protocols"), t.after.words("ssl_protocols")
	for _, v := range to {
		if len(from) > 0 && !slices.Contains(from, v) {
			t.world.plan = "endpoint: {tls: {min_version: " + v + ", max_version: " + v + "}}"
			t.world.says = "a backend that speaks " + v + " alone"
		}
	}
	return nil
}

// words are the arguments of a directive of the pass's protocol, nil where it is not set.
func (s *stage) words(name string) []string {
	p := s.pass()
	if d := s.config.Effective(p.Directive.Parent, p.Prefix+name); d != nil {
		return strings.Fields(d.Value())
	}
	return nil
}

// oversized has a header between the buffer's size without the edit and with it (ngx_http_upstream_process_header: the whole
// header must fit *_buffer_size).
func oversized(t *trial) error {
	from, to := t.before.size("buffer_size"), t.after.size("buffer_size")
	if to <= from {
		return cannot("the edit does not raise %sbuffer_size", t.before.pass().Prefix)
	}
	n := (from + to) / 2
	t.world.plan = fmt.Sprintf("default: [{respond: {status: 200, header_of: {X-Session: %d}}}]", n)
	t.world.says = fmt.Sprintf("a backend with a header of %d bytes", n)
	return nil
}

const defaultBuffer = 4 << 10 // a page (ngx_pagesize)

func (s *stage) size(name string) int {
	p := s.pass()
	if d := s.config.Effective(p.Directive.Parent, p.Prefix+name); d != nil {
		if n, ok := nginx.Size(d.Value()); ok {
			return n
		}
	}
	return defaultBuffer
}

// slow has a backend that answers between both timeouts; they are scaled to seconds.
func slow(t *trial) error {
	name := t.before.pass().Prefix + "read_timeout"
	from, to := t.before.duration(name), t.after.duration(name)
	if to <= from {
		return cannot("the edit does not raise %s", name)
	}
	t.before.set[name], t.after.set[name] = "1s", "3s"
	t.world.plan = "default: [{sleep: 1500ms}, serve]"
	t.world.says = fmt.Sprintf("a backend that answers between %v and %v, scaled to 1.5 s between 1 s and 3 s", from, to)
	t.world.once = true
	return nil
}

func (s *stage) duration(name string) time.Duration {
	if d := s.config.Effective(s.pass().Directive.Parent, name); d != nil {
		if v, ok := nginx.Duration(d.Value()); ok {
			return v
		}
	}
	return time.Minute
}

// race has a backend that ends a connection which lay idle, just as the next request comes on it. nginx repeats no POST (RFC 9110, 9.2.2).
func race(t *trial) error {
	g := t.after.pass().Group
	if g == nil {
		return cannot("the pass names no upstream{}, so nginx keeps no connections of it")
	}
	if d := g.Directive.Child("keepalive_timeout"); d != nil {
		t.after.inGroup["keepalive_timeout"] = "300ms"
		if t.before.pass().Group != nil && t.before.pass().Group.Directive.Child("keepalive_timeout") != nil {
			t.before.inGroup["keepalive_timeout"] = "60s"
		}
	}
	t.world.plan = "exchanges: [{match: {idle: 600ms}, script: [fin]}]"
	t.world.says = "a backend that ends connections idle for 600 ms, POST after 700 ms; the edit's keepalive_timeout scaled to 300 ms"
	t.world.method, t.world.idle = "POST", 700*time.Millisecond
	return nil
}

// deaf has a backend that answers the first request of each connection and reads no other.
func deaf(t *trial) error {
	name := t.before.pass().Prefix + "read_timeout"
	t.before.set[name], t.after.set[name] = "1s", "1s"
	t.world.plan = "exchanges: [{match: {exchange: 2+}, script: [hang]}]"
	t.world.says = "a backend that reads one request of each connection; " + name + " scaled to 1 s"
	t.world.again = true
	return nil
}

// failedOnce lets every server fail once and come back: those that are marked down stay so.
func failedOnce(t *trial) error {
	if t.before.pass().Group == nil {
		return cannot("the pass names no upstream{}")
	}
	t.world.refuse, t.world.says = true, "backends that refused one request and serve again"
	return nil
}

// noneLive lets every server fail once and come back. Servers that are marked down need no failure.
func noneLive(t *trial) error {
	if err := failedOnce(t); err != nil {
		return err
	}
	for _, s := range t.before.pass().Group.Servers {
		if s.Has("down") {
			t.world.refuse, t.world.says = false, "backends that serve"
		}
	}
	return nil
}

// nameless has a backend that refuses who names no server in the handshake (RFC 6066, 3).
func nameless(t *trial) error {
	name := cmp.Or(t.after.serverName(), t.after.host, "app.example.com")
	t.world.plan = "endpoint: {tls: {require_sni: " + name + "}}"
	t.world.says = "a TLS backend that wants the name " + name
	return nil
}
