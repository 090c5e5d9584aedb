package haproxy

import (
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/edit"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/linewise"
)

// keywords open a section; nothing closes one but the next (configuration manual, 2.3).
var keywords = map[string]bool{"global": true, "defaults": true, "frontend": true, "backend": true, "listen": true, "resolvers": true,
	"peers": true, "userlist": true, "mailers": true, "cache": true, "program": true, "http-errors": true, "ring": true, "fcgi-app": true,
	"log-forward": true, "crt-store": true, "traces": true}

// ParseConfig reads HAProxy's configuration: the server lines of its backends. The error
// begins "path:line:column:".
func ParseConfig(files []evidence.File) (*linewise.Config, error) {
	c := &linewise.Config{Files: files, Read: ParseConfig}
	var section *linewise.Directive
	for _, f := range files {
		lines, err := linewise.Parse(f.Path, f.Text, linewise.Syntax{Inline: true})
		if err != nil {
			return nil, err
		}
		for _, d := range lines {
			if keywords[d.Name] {
				section = d
				continue
			}
			d.Section = section
		}
		c.Lines = append(c.Lines, lines...)
	}
	for _, d := range c.Lines {
		if p, ok := serverOf(d); ok {
			c.Peers = append(c.Peers, p)
		}
	}
	w := waits{c}
	c.Wait, c.Longer = w.wait, w.longer
	return c, nil
}

// serverOf reads "server NAME ADDRESS …" of a backend or listen section.
func serverOf(d *linewise.Directive) (p linewise.Peer, ok bool) {
	if d.Name != "server" || len(d.Args) < 2 || d.Section == nil || d.Section.Name != "backend" && d.Section.Name != "listen" {
		return p, false
	}
	address := d.Arg(1)
	p = linewise.Peer{At: d, Arg: 1, Text: address, Name: d.Section.Arg(0) + "/" + d.Arg(0)}
	p.Protocol, p.Network = "http", "tcp"
	if d.Index("ssl") > 1 {
		p.Protocol = "https"
	}
	if i := d.Index("proto"); i > 1 && d.Arg(i+1) == "fcgi" {
		p.Protocol = "fastcgi"
	}
	switch {
	case strings.HasPrefix(address, "unix@"), strings.HasPrefix(address, "/"):
		p.Network, p.Address = "unix", strings.TrimPrefix(address, "unix@")
		p.Text = p.Address
		return p, p.Address != ""
	case strings.ContainsAny(address, "$%"):
		return p, false
	}
	for _, family := range []string{"ipv4@", "ipv6@"} {
		address = strings.TrimPrefix(address, family)
	}
	if _, port, err := net.SplitHostPort(address); err == nil && port != "" {
		p.Text, p.Address = address, address
		return p, true
	}
	return p, false // without a port that of the client's connection is used
}

// waits tells the timeouts of a backend: its own, else those of the defaults before it.
type waits struct{ *linewise.Config }

func names(phase string) string {
	switch phase {
	case evidence.Connecting, evidence.Handshaking:
		return "connect"
	case evidence.Selecting:
		return "queue"
	}
	return "server"
}

func (w waits) wait(p linewise.Peer, phase string) (time.Duration, *linewise.Directive) {
	at := w.effective(p.At, names(phase))
	if at == nil && names(phase) == "queue" {
		at = w.effective(p.At, "connect") // timeout queue is that of connect by default
	}
	if at == nil {
		return 0, nil // no limit
	}
	d, _ := duration(at.Arg(1))
	return d, at
}

// effective is "timeout NAME" of the line's section, else of the last defaults section before it.
func (w waits) effective(of *linewise.Directive, name string) *linewise.Directive {
	var own, inherited, defaults *linewise.Directive
	for _, d := range w.Lines {
		if d == of.Section {
			inherited = defaults
		}
		if d.Name == "defaults" {
			defaults = nil
		}
		if d.Name != "timeout" || d.Arg(0) != name || len(d.Args) < 2 || d.Section == nil {
			continue
		}
		switch {
		case d.Section == of.Section:
			own = d
		case d.Section.Name == "defaults":
			defaults = d
		}
	}
	if own != nil {
		return own
	}
	return inherited
}

// duration reads a time: milliseconds without a unit (configuration manual, 2.5).
func duration(s string) (time.Duration, bool) {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	value, err := strconv.ParseInt(s[:n], 10, 32)
	unit, ok := map[string]time.Duration{"": time.Millisecond, "us": time.Microsecond, "ms": time.Millisecond, "s": time.Second,
		"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}[s[n:]]
	return time.Duration(value) * unit, err == nil && ok
}

// longer changes the timeout of the peer's own section; an inherited one is for others too,
// so that the section gets one of its own.
func (w waits) longer(p linewise.Peer, phase string, d time.Duration) []edit.Edit {
	value := strconv.Itoa(int((d+time.Second-1)/time.Second)) + "s"
	name := names(phase)
	if at := w.effective(p.At, name); at != nil && at.Section == p.At.Section {
		return []edit.Edit{w.Replace(at, 1, value)}
	}
	return []edit.Edit{w.Insert(p.At, "timeout "+name+" "+value)}
}
