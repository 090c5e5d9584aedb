package verify

import (
	"net"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/edit"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
	"github.com/badgateway/badgateway/harness/sidecar"
)

// stage is one version of the user's configuration, to be made fit for a pod.
type stage struct {
	config  *nginx.Config
	index   int    // of the pass in question
	host    string // that the probe asks for
	path    string
	set     map[string]string // directives of the pass's block that hold another value in the pod
	inGroup map[string]string // of its upstream{}
}

func editedFiles(files []evidence.File, edits []diagnoser.Edit) ([]evidence.File, error) {
	list := make([]edit.Edit, len(edits))
	for i, e := range edits {
		list[i] = edit.Edit(e)
	}
	return edit.Files(files, list)
}

// newStage finds the pass that the finding is about; an index that is known already is taken.
func newStage(files []evidence.File, f diagnoser.Finding, index int) (*stage, error) {
	config, err := nginx.ParseConfig(files)
	if err != nil {
		return nil, cannot("the configuration does not parse: %v", err)
	}
	s := &stage{config: config, index: index, set: map[string]string{}, inGroup: map[string]string{}}
	if index < 0 {
		s.index = passOf(config, f)
	}
	if s.index < 0 || s.index >= len(config.Passes()) {
		return nil, cannot("it is not known which *_pass the finding is about")
	}
	p := s.pass()
	switch {
	case p.Server() == nil:
		return nil, cannot("needs the whole configuration; there is no server{} around the pass")
	case p.Variable:
		return nil, cannot("the pass holds a variable; where it leads is known at run time only")
	}
	s.host, s.path = askedHost(p.Server()), askedPath(p.Directive)
	return s, nil
}

func (s *stage) pass() *nginx.Pass { return s.config.Passes()[s.index] }

func passOf(c *nginx.Config, f diagnoser.Finding) int {
	passes := c.Passes()
	if w := f.Where; w != nil {
		for i, p := range passes {
			if p.Directive.File == w.File && p.Directive.Line == w.Line {
				return i
			}
		}
	}
	u, ok := nginx.ParseUpstream(evidence.Event{Upstream: f.Upstream}, c.UnixPaths())
	for i, p := range passes {
		if ok && (p.Address == u.Address || p.Host == u.Address || p.ServerFor(u.Target) != nil) {
			return i
		}
	}
	if len(passes) == 1 {
		return 0
	}
	return -1
}

// askedHost is a name of the server that a client can ask for; "" where it takes any.
func askedHost(server *nginx.Directive) string {
	if d := server.Child("server_name"); d != nil {
		for _, a := range d.Args {
			if a.Text != "_" && a.Text != "" && !strings.ContainsAny(a.Text, "*~$") && a.Text[0] != '.' {
				return a.Text
			}
		}
	}
	return ""
}

// askedPath is a path that leads to the directive's location.
func askedPath(d *nginx.Directive) string {
	l := nginx.Enclosing(d.Parent, "location")
	if l == nil || len(l.Args) == 0 {
		return "/"
	}
	last := l.Args[len(l.Args)-1].Text
	switch first := l.Args[0].Text; {
	case (first == "~" || first == "~*") && strings.Contains(last, "php"):
		return "/index.php"
	case first == "~" || first == "~*" || !strings.HasPrefix(last, "/"):
		return "/"
	}
	return last
}

// serverName is the name that the backend can be taken to know: the one that nginx is told to send by SNI, or the
// backend's own. It is "" where there is but an address, or a group's name.
func (s *stage) serverName() string {
	p := s.pass()
	name := p.Host
	if d := s.config.Effective(p.Directive.Parent, p.Prefix+"ssl_name"); d != nil {
		name = d.Value()
	} else if p.Group != nil {
		return ""
	}
	if host, _, err := net.SplitHostPort(name); err == nil {
		name = host
	}
	if strings.ContainsAny(name, "$/:[") || net.ParseIP(name) != nil {
		return ""
	}
	return name
}

// targets are the backends of the pass, where they listen in the pod.
func (s *stage) targets(h *hosts) (all []evidence.Target, err error) {
	p := s.pass()
	if p.Group == nil {
		t, err := h.target(p.Protocol, p.Network, p.Address)
		return []evidence.Target{t}, err
	}
	for _, server := range p.Group.Servers {
		t, err := h.target(p.Protocol, server.Network, server.Address)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	return all, nil
}

// files are the configuration's for the pod, by path. The main one is where nginx looks for it; the
// others stand both where they were and at the same place beside it, since an include may name either.
func (s *stage) files(h *hosts) (map[string]string, error) {
	list, err := s.config.Edited(nginx.Sort(s.fit(h)))
	if err != nil {
		return nil, cannot("the configuration cannot be fitted to a pod: %v", err)
	}
	out := map[string]string{sidecar.ConfigPath: list[0].Text}
	base := path.Dir(list[0].Path)
	for _, f := range list[1:] {
		if path.IsAbs(f.Path) {
			out[f.Path] = f.Text
		}
		if rest, ok := strings.CutPrefix(f.Path, base+"/"); ok || !path.IsAbs(f.Path) {
			out[path.Join(path.Dir(sidecar.ConfigPath), rest)] = f.Text
		}
	}
	if text, ok := out[siteLink]; ok {
		delete(out, siteLink)
		out[imageSite] = text
	}
	return out, nil
}

// Debian's nginx has a site of its own behind an absolute link, which only the pod's own root can follow.
const (
	siteLink  = "/etc/nginx/sites-enabled/default"
	imageSite = "/etc/nginx/sites-available/default"
)

// dropped are directives that only tie a configuration to its host: files of logs and of the
// client's side of TLS, users, PIDs. Without them the defaults of the pod's nginx hold.
var dropped = []string{"user", "pid", "daemon", "master_process", "lock_file", "worker_rlimit_nofile", "worker_cpu_affinity", "error_log", "access_log", "ssl",
	"ssl_certificate", "ssl_certificate_key", "ssl_dhparam", "ssl_trusted_certificate", "ssl_client_certificate", "ssl_verify_client", "ssl_stapling",
	"ssl_stapling_verify", "ssl_password_file", "ssl_session_ticket_key", "ssl_crl", "ssl_stapling_file", "ssl_reject_handshake", "http2", "http3", "quic_retry"}

// fit makes the edits that a pod needs: one worker, listeners on its ports, backends on its loopback.
func (s *stage) fit(h *hosts) (edits []nginx.Edit) {
	l := newListeners(s.config, s.pass().Server())
	s.config.Walk(func(d *nginx.Directive) {
		switch {
		case slices.Contains(dropped, d.Name) && !d.IsBlock() && d.Name != "http2" || d.Name == "http2" && len(d.Args) == 1:
			edits = append(edits, s.config.Remove(d))
		case d.Name == "worker_processes":
			edits = append(edits, s.config.ReplaceArgs(d, "1"))
		case d.Name == "listen" && d.Parent != nil && d.Parent.Name == "server":
			edits = append(edits, l.edit(s.config, d))
		case d.Name == "server" && d.IsBlock():
			edits = append(edits, l.missing(s.config, d)...)
		}
	})
	edits = append(edits, s.peers(h)...)
	return append(edits, s.scaled()...)
}

// peers puts backends on other machines on the pod's loopback.
func (s *stage) peers(h *hosts) (edits []nginx.Edit) {
	move := func(d *nginx.Directive, address string) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return
		}
		if to := h.moved(host); to != "" && net.ParseIP(host) != nil {
			text := strings.Replace(strings.Replace(d.Arg(0), "["+host+"]", host, 1), host, to, 1)
			edits = append(edits, s.config.ReplaceArg(d, 0, strconv.Quote(text)))
		}
	}
	for _, p := range s.config.Passes() {
		if p.Group == nil && !p.Variable && p.Network == "tcp" {
			move(p.Directive, p.Address)
		}
	}
	for _, g := range s.config.Groups() {
		for _, server := range g.Servers {
			if server.Network == "tcp" {
				move(server.Directive, server.Address)
			}
		}
	}
	return edits
}

// scaled sets what the recipe wants otherwise. It must not touch what other edits touch.
func (s *stage) scaled() (edits []nginx.Edit) {
	p := s.pass()
	for name, value := range s.set {
		if d := s.config.Effective(p.Directive.Parent, name); d != nil {
			edits = append(edits, s.config.ReplaceArgs(d, value))
		} else {
			edits = append(edits, s.config.Set(p.Place(), p.Directive, name, value))
		}
	}
	for name, value := range s.inGroup {
		if d := p.Group.Directive.Child(name); d != nil {
			edits = append(edits, s.config.ReplaceArgs(d, value))
		}
	}
	return edits
}
