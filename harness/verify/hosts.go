package verify

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
	"github.com/badgateway/badgateway/harness/sidecar"
)

// hosts gives each machine that a configuration names an address of the pod's loopback.
type hosts struct {
	given map[string]string
	names []string // in the order in which they were met
}

func newHosts() *hosts { return &hosts{given: map[string]string{}} }

// moved is the loopback address of a machine, "" for one that is the pod itself already.
func (h *hosts) moved(host string) string {
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && (ip.IsLoopback() || ip.IsUnspecified()) {
		return ""
	}
	if h.given[host] == "" {
		n := len(h.given) + 1
		h.given[host] = fmt.Sprintf("127.1.%d.%d", n/250, n%250+1)
		if net.ParseIP(host) == nil {
			h.names = append(h.names, host)
		}
	}
	return h.given[host]
}

func (h *hosts) target(protocol, network, address string) (evidence.Target, error) {
	t := evidence.Target{Protocol: protocol, Network: network, Address: address}
	if network == "unix" {
		return t, nil
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return t, cannot("the backend's address %q: %v", address, err)
	}
	if to := h.moved(host); to != "" {
		host = to
	} else if host == "localhost" {
		host = "127.0.0.1"
	}
	t.Address = net.JoinHostPort(host, port)
	return t, nil
}

// text is the pod's /etc/hosts.
func (h *hosts) text() string {
	var b strings.Builder
	b.WriteString("127.0.0.1 localhost\n::1 localhost ip6-localhost\n")
	for _, name := range h.names {
		fmt.Fprintf(&b, "%s %s\n", h.given[name], name)
	}
	return b.String()
}

// listeners moves what nginx listens on: the port of the server in question becomes the one that
// the pod's probe asks, in plain HTTP; others become ports that no backend has.
type listeners struct {
	port   string          // of the server in question
	taken  map[string]bool // SERVER PORT
	chosen map[string]bool // ports that have a default server
}

func newListeners(c *nginx.Config, server *nginx.Directive) *listeners {
	l := &listeners{port: "80", taken: map[string]bool{}, chosen: map[string]bool{}}
	if d := server.Child("listen"); d != nil {
		l.port = listenPort(d)
	}
	return l
}

// listenPort reads the port of "listen 80", "*:80", "[::]:80"; an address alone means 80, and a socket has none.
func listenPort(d *nginx.Directive) string {
	at := d.Arg(0)
	if strings.HasPrefix(at, "unix:") {
		return ""
	}
	if _, err := strconv.Atoi(at); err == nil {
		return at
	}
	if _, port, err := net.SplitHostPort(at); err == nil {
		return port
	}
	return "80"
}

func (l *listeners) moved(port string) string {
	if port == l.port {
		return strconv.Itoa(sidecar.ProxyPort)
	}
	n, _ := strconv.Atoi(port)
	return strconv.Itoa(20000 + n%10000)
}

// edit replaces one listen directive, or removes it where the server listens there by another.
func (l *listeners) edit(c *nginx.Config, d *nginx.Directive) nginx.Edit {
	port := l.moved(listenPort(d))
	key := fmt.Sprintf("%s:%d %s", d.Parent.File, d.Parent.Start, port)
	if l.taken[key] {
		return c.Remove(d)
	}
	l.taken[key] = true
	text := port
	for _, a := range d.Args[1:] {
		if (a.Text == "default_server" || a.Text == "default") && !l.chosen[port] {
			l.chosen[port] = true
			text += " default_server"
		}
	}
	return c.ReplaceArgs(d, text)
}

// missing adds a listener to a server without one, which listens on 80.
func (l *listeners) missing(c *nginx.Config, server *nginx.Directive) []nginx.Edit {
	if server.Child("listen") != nil || len(server.Children()) == 0 || server.Parent == nil || server.Parent.Name != "http" {
		return nil
	}
	return []nginx.Edit{{File: server.File, Offset: server.Open + 1, New: " listen " + l.moved("80") + ";"}}
}
