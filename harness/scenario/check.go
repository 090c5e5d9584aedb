package scenario

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/badgateway/badgateway/containers/nginx"
	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/strictyaml"
)

var (
	levels   = []string{"easy", "medium", "hard"}
	spoken   = []string{"fastcgi", "http", "http2", "raw", "uwsgi"} // by fake upstreams
	variants = []string{"fastcgi-tcp", "fastcgi-unix", "grpc-tcp", "http-tcp", "http-unix", "https-tcp", "uwsgi-tcp", "uwsgi-unix"}
	remedies = []string{
		diagnoser.EditConfig, diagnoser.ReloadProxy, diagnoser.StartBackend, diagnoser.RestartBackend,
		diagnoser.ChangeBackend, diagnoser.SetPermission, diagnoser.SetPolicy, diagnoser.RemoveFilter, diagnoser.RemoveRoute,
	}
	backendActions = []string{diagnoser.ChangeBackend, diagnoser.RestartBackend, diagnoser.StartBackend}
	changes        = []string{diagnoser.ChangeBackend, diagnoser.ReloadProxy, diagnoser.RestartBackend, diagnoser.StartBackend, diagnoser.SetPermission}
)

// checker finds what the types cannot say. It keeps the document's nodes for the positions of its errors.
type checker struct {
	file string
	root *yaml.Node
	s    *Scenario
}

func (c *Catalogue) check(s *Scenario, file string, data []byte) error {
	root, err := strictyaml.Parse(file, data)
	if err != nil {
		return err
	}
	k := &checker{file: file, root: root, s: s}
	for _, step := range []func() error{k.words, k.variants, func() error { return k.upstreams(c.fsys) }, k.names, k.acts, k.traps} {
		if err := step(); err != nil {
			return err
		}
	}
	for _, d := range s.Drills() {
		if _, err := fs.Stat(c.fsys, path.Join(s.Name, d.Conf())); err != nil {
			return k.errorf([]string{"variants", d.Variant}, "variant %s has no %s beside it", d.Variant, d.Conf())
		}
	}
	return nil
}

func (k *checker) words() error {
	var causes []string
	for _, c := range diagnoser.Causes() {
		causes = append(causes, c.Name)
	}
	for _, w := range []struct {
		field, value string
		known        []string
	}{{"level", k.s.Level, levels}, {"cause", k.s.Cause, causes}, {"remedy", k.s.Remedy, remedies}} {
		if !slices.Contains(w.known, w.value) {
			return k.errorf([]string{w.field}, "unknown %s %q (known: %s)", w.field, w.value, strings.Join(w.known, ", "))
		}
	}
	return nil
}

func (k *checker) variants() error {
	for name, v := range k.s.Variants {
		for _, version := range append(v.Versions, k.s.Versions...) {
			if _, err := nginx.Image(version); err != nil {
				return k.errorf([]string{"versions"}, "%v", err)
			}
		}
		if !slices.Contains(variants, name) {
			return k.errorf([]string{"variants", name}, "unknown variant %q (known: %s)", name, strings.Join(variants, ", "))
		}
	}
	return nil
}

func (k *checker) upstreams(fsys fs.FS) error {
	for name, u := range k.s.Upstreams {
		at := []string{"upstreams", name}
		for _, d := range k.s.Drills() {
			if u.Listen[d.Transport()] == "" {
				return k.errorf(append(at, "listen"), "variant %s needs an address for %s", d.Variant, d.Transport())
			}
		}
		for action := range u.After {
			if !slices.Contains(backendActions, action) {
				return k.errorf(append(at, "after", action), "unknown action %q (known: %s)", action, strings.Join(backendActions, ", "))
			}
		}
		if u.Speaks != "" && !slices.Contains(spoken, u.Speaks) {
			return k.errorf(append(at, "speaks"), "unknown protocol %q (known: %s)", u.Speaks, strings.Join(spoken, ", "))
		}
		check := k.plans
		if u.Backend != nil {
			check = func(u Upstream) error { return k.backend(fsys, at, u) }
		}
		if err := check(u); err != nil {
			return err
		}
	}
	return nil
}

func (k *checker) names() error {
	for _, n := range k.s.Names.All() {
		if _, err := namesPlan(k.file, n.Plan); err != nil {
			return err
		}
	}
	return nil
}

// plans checks what a fake backend does from the start and after actions.
func (k *checker) plans(u Upstream) error {
	for _, plan := range append(slices.Collect(maps.Values(u.After)), u.Plan) {
		if plan == nil {
			continue
		}
		if _, err := simulator.DecodePlan(k.file, plan); err != nil {
			return err
		}
	}
	return nil
}

// maxClients bounds a load: the pod's ports and the proxy's connections are for one machine's tests.
const maxClients = 1000

func (k *checker) acts() error {
	for _, list := range []struct {
		at   []string
		acts []Act
	}{{[]string{"timeline"}, k.s.Timeline}, {[]string{"probe", "before"}, k.s.Probe.Before}, {[]string{"probe", "after"}, k.s.Probe.After},
		{[]string{"probe", "during"}, k.s.Probe.During}} {
		for _, a := range list.acts {
			if err := k.act(list.at, a); err != nil {
				return err
			}
		}
	}
	return nil
}

func (k *checker) act(at []string, a Act) error {
	if at[len(at)-1] == "during" && a.Open+a.Shut == "" {
		return k.errorf(at, "while an answer is read only open and shut can be done")
	}
	set := 0
	for _, is := range []bool{a.Request != nil, a.Load != nil, a.Refuse != "", a.Resume != "", a.Idle != 0, a.File != nil, a.Boot != "", a.Await != "", a.Open != "", a.Shut != ""} {
		if is {
			set++
		}
	}
	if set != 1 {
		return k.errorf(at, "each step is exactly one of request, load, refuse, resume, idle, file, boot, await, open, shut")
	}
	if a.Load != nil && (a.Load.Clients < 1 || a.Load.Clients > maxClients) {
		return k.errorf(at, "clients must be 1 to %d, got %d", maxClients, a.Load.Clients)
	}
	if err := k.gate(at, a.Open+a.Shut); err != nil {
		return err
	}
	for _, name := range []string{a.Refuse, a.Resume, a.Boot, a.Await} {
		if _, ok := k.s.Upstreams[name]; name != "" && !ok {
			return k.errorf(at, "unknown upstream %q", name)
		}
	}
	if a.Boot != "" && k.s.Upstreams[a.Boot].Backend == nil {
		return k.errorf(at, "boot: %s is no real backend", a.Boot)
	}
	return nil
}

// gate checks UPSTREAM/GATE.
func (k *checker) gate(at []string, name string) error {
	who, gate, _ := strings.Cut(name, "/")
	if name == "" || gate != "" && (k.s.Upstreams[who].Listen != nil || who == "names" && k.s.Names != nil) {
		return nil
	}
	return k.errorf(at, "%q is not UPSTREAM/GATE of an upstream, or names/GATE", name)
}

func (k *checker) traps() error {
	for _, t := range k.s.Traps {
		if err := k.change([]string{"traps"}, "trap", t.Change); err != nil {
			return err
		}
	}
	for _, c := range k.s.Also {
		if err := k.change([]string{"also"}, "remedy", c); err != nil {
			return err
		}
	}
	return nil
}

func (k *checker) change(at []string, what string, c Change) error {
	for _, e := range c.AllEdits() {
		if (e.Value == "") != e.Remove || e.Add && (e.Remove || e.At != "") {
			return k.errorf(at, "an edit of %s has a value, or remove: true; with add: true it has no at", e.Directive)
		}
	}
	set := 0
	for _, is := range []bool{c.Edit != nil, len(c.Edits) > 0, c.File != nil, c.Action != ""} {
		if is {
			set++
		}
	}
	switch {
	case set != 1:
		return k.errorf(at, "a %s is exactly one of edit, edits, file and action", what)
	case c.Action != "" && !slices.Contains(changes, c.Action):
		return k.errorf(at, "unknown action %q (known: %s)", c.Action, strings.Join(changes, ", "))
	case c.Upstream != "" && k.s.Upstreams[c.Upstream].Listen == nil:
		return k.errorf(at, "unknown upstream %q", c.Upstream)
	case !slices.ContainsFunc(k.s.Drills(), func(d Drill) bool { return d.can(c) }):
		return k.errorf(at, "only %s is of no variant", c.Only)
	}
	return k.outcome(at, c)
}

// outcome checks what an action of a change comes to, where the change says so itself.
func (k *checker) outcome(at []string, c Change) error {
	u, known := k.s.Upstreams[c.Upstream]
	switch {
	case c.To == nil:
		return nil
	case !known || !slices.Contains(backendActions, c.Action):
		return k.errorf(at, "to is of an action on an upstream")
	case u.Backend != nil:
		_, err := ReadRerun(k.file, c.To)
		return err
	}
	_, err := simulator.DecodePlan(k.file, c.To)
	return err
}

// errorf puts the position of the value under keys before the message, or that
// of the nearest one above it.
func (k *checker) errorf(keys []string, format string, args ...any) error {
	at := k.root
	for _, key := range keys {
		next := child(at, key)
		if next == nil {
			break
		}
		at = next
	}
	return fmt.Errorf("%s:%d:%d: %s", k.file, at.Line, at.Column, fmt.Sprintf(format, args...))
}

func child(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}
