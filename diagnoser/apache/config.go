package apache

import (
	"net"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/edit"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/linewise"
)

// ParseConfig reads httpd's configuration: what ProxyPass, ProxyPassMatch, BalancerMember,
// SetHandler "proxy:…" and RewriteRule … [P] pass to. The error begins "path:line:".
func ParseConfig(files []evidence.File) (*linewise.Config, error) {
	c := &linewise.Config{Files: files, Read: ParseConfig}
	for _, f := range files {
		lines, err := linewise.Parse(f.Path, f.Text, linewise.Syntax{Continues: true})
		if err != nil {
			return nil, err
		}
		sections(lines)
		c.Lines = append(c.Lines, lines...)
	}
	for _, d := range c.Lines {
		c.Peers = append(c.Peers, peersOf(d)...)
	}
	w := waits{c}
	c.Wait, c.Longer = w.wait, w.longer
	return c, nil
}

// sections gives each line the section around it: <VirtualHost …> to </VirtualHost>.
func sections(lines []*linewise.Directive) {
	var open *linewise.Directive
	for _, d := range lines {
		switch {
		case strings.HasPrefix(d.Name, "</"):
			if open != nil {
				open = open.Section
			}
			d.Section = open
		case strings.HasPrefix(d.Name, "<"):
			d.Section, open = open, d
		default:
			d.Section = open
		}
	}
}

var ports = map[string]string{"http": "80", "https": "443", "fcgi": "8000", "ajp": "8009", "scgi": "4000", "uwsgi": "3031", "ws": "80", "wss": "443", "h2": "443", "h2c": "80"}

// protocols are those of a Target.
var protocols = map[string]string{"fcgi": "fastcgi", "ws": "http", "wss": "https", "h2c": "http", "h2": "https"}

// peersOf reads the addresses that a directive passes to.
func peersOf(d *linewise.Directive) (list []linewise.Peer) {
	switch {
	case d.Is("ProxyPass"), d.Is("ProxyPassMatch"), d.Is("BalancerMember"):
		for i, a := range d.Args {
			if p, ok := target(a.Text); ok && i < 2 {
				p.At, p.Arg = d, i
				return []linewise.Peer{p}
			}
		}
	case d.Is("SetHandler") && strings.HasPrefix(d.Arg(0), "proxy:"):
		if p, ok := target(strings.TrimPrefix(d.Arg(0), "proxy:")); ok {
			p.At = d
			return []linewise.Peer{p}
		}
	case d.Is("RewriteRule") && len(d.Args) > 2 && strings.Contains(","+strings.Trim(d.Arg(2), "[]")+",", ",P,"):
		if p, ok := target(d.Arg(1)); ok {
			p.At, p.Arg = d, 1
			return []linewise.Peer{p}
		}
	}
	return nil
}

// target reads "http://host:port/path" and "unix:/path|fcgi://any/". What holds a
// variable, a balancer's name or "!" is no address.
func target(url string) (p linewise.Peer, ok bool) {
	socket := ""
	if rest, found := strings.CutPrefix(url, "unix:"); found {
		socket, url, _ = strings.Cut(rest, "|")
	}
	scheme, rest, found := strings.Cut(url, "://")
	scheme = strings.ToLower(scheme)
	if !found || ports[scheme] == "" {
		return p, false
	}
	p.Protocol = scheme
	if name := protocols[scheme]; name != "" {
		p.Protocol = name
	}
	if socket != "" {
		p.Network, p.Address, p.Text = "unix", socket, socket
		return p, path.IsAbs(socket)
	}
	host := rest
	if at := strings.IndexAny(rest, "/?"); at >= 0 {
		host = rest[:at]
	}
	if host == "" || strings.ContainsAny(host, "$%{*") {
		return p, false
	}
	p.Network, p.Text, p.Address = "tcp", host, host
	if _, port, err := net.SplitHostPort(host); err != nil || port == "" {
		p.Address = net.JoinHostPort(strings.Trim(host, "[]"), ports[scheme])
	}
	return p, true
}

// waits tells how long httpd waits: the pass's own parameter, else ProxyTimeout, else Timeout.
type waits struct{ *linewise.Config }

const defaultTimeout = 60 * time.Second // of the directive Timeout

func (w waits) parameter(p linewise.Peer, phase string) (int, time.Duration) {
	key := "timeout="
	if phase == evidence.Connecting {
		key = "connectiontimeout="
	}
	for i, a := range p.At.Args {
		if value, ok := strings.CutPrefix(strings.ToLower(a.Text), key); ok {
			if d, ok := seconds(value); ok {
				return i, d
			}
		}
	}
	return -1, 0
}

// seconds reads a parameter's time: seconds, or with the unit ms (ap_timeout_parameter_parse).
func seconds(s string) (time.Duration, bool) {
	unit := time.Second
	for _, u := range []struct {
		suffix string
		unit   time.Duration
	}{{"ms", time.Millisecond}, {"mi", time.Minute}, {"min", time.Minute}, {"s", time.Second}, {"h", time.Hour}} {
		if rest, ok := strings.CutSuffix(s, u.suffix); ok {
			s, unit = rest, u.unit
			break
		}
	}
	n, err := strconv.ParseInt(s, 10, 32)
	return time.Duration(n) * unit, err == nil && n >= 0
}

func (w waits) wait(p linewise.Peer, phase string) (time.Duration, *linewise.Directive) {
	if i, d := w.parameter(p, phase); i >= 0 {
		return d, p.At
	}
	for _, name := range []string{"ProxyTimeout", "Timeout"} {
		if at := w.effective(p.At, name); at != nil {
			if d, ok := seconds(at.Arg(0)); ok {
				return d, at
			}
		}
	}
	return defaultTimeout, nil
}

// effective is the last directive of a name in the sections around a line, the innermost first.
func (w waits) effective(of *linewise.Directive, name string) (found *linewise.Directive) {
	for section := of.Section; ; section = section.Section {
		for _, d := range w.Lines {
			if d.Section == section && d.Is(name) {
				found = d
			}
		}
		if found != nil || section == nil {
			return found
		}
	}
}

// longer changes the value that holds; where none is set the pass gets a parameter of its own.
func (w waits) longer(p linewise.Peer, phase string, d time.Duration) []edit.Edit {
	value := strconv.Itoa(int((d + time.Second - 1) / time.Second))
	if i, _ := w.parameter(p, phase); i >= 0 {
		key, _, _ := strings.Cut(p.At.Args[i].Text, "=")
		return []edit.Edit{w.Replace(p.At, i, key+"="+value)}
	}
	if at := w.effective(p.At, "ProxyTimeout"); at != nil && len(at.Args) > 0 && phase != evidence.Connecting {
		return []edit.Edit{w.Replace(at, 0, value)}
	}
	switch {
	case p.At.Is("SetHandler"), p.At.Is("RewriteRule"):
		return []edit.Edit{w.Insert(p.At, "ProxyTimeout "+value)}
	case phase == evidence.Connecting:
		return []edit.Edit{w.Append(p.At, "connectiontimeout="+value)}
	}
	return []edit.Edit{w.Append(p.At, "timeout="+value)}
}
