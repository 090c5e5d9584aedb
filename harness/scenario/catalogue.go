package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/badgateway/badgateway/containers/nginx"
	"github.com/badgateway/badgateway/scenarios"
	"github.com/badgateway/badgateway/simulator/strictyaml"
)

// Catalogue is a set of scenarios, sorted by name.
type Catalogue struct {
	fsys fs.FS
	root string // what errors put before a name: "scenarios"
	list []*Scenario
}

// Builtin reads the catalogue that comes with the program.
func Builtin() (*Catalogue, error) { return Read(scenarios.FS, "scenarios") }

// Read reads every folder of fsys that holds a scenario.yaml. Errors begin with
// path:line:column of the mistake, the path under root.
func Read(fsys fs.FS, root string) (*Catalogue, error) {
	files, err := fs.Glob(fsys, "*/scenario.yaml")
	if err != nil {
		return nil, err
	}
	c := &Catalogue{fsys: fsys, root: root}
	var errs []error
	for _, file := range files {
		s, err := c.read(file)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		c.list = append(c.list, s)
	}
	return c, errors.Join(errs...)
}

func (c *Catalogue) read(file string) (*Scenario, error) {
	data, err := fs.ReadFile(c.fsys, file)
	if err != nil {
		return nil, err
	}
	shown := path.Join(c.root, file)
	s := &Scenario{Name: path.Dir(file)}
	if err := strictyaml.Unmarshal(shown, data, s); err != nil {
		return nil, err
	}
	if err := c.check(s, shown, data); err != nil {
		return nil, err
	}
	return s, nil
}

// All returns every scenario, sorted by name.
func (c *Catalogue) All() []*Scenario { return c.list }

// Find returns the named scenario. The error lists names that look alike, or all.
func (c *Catalogue) Find(name string) (*Scenario, error) {
	var names, alike []string
	for _, s := range c.list {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
		if strings.Contains(s.Name, name) || strings.Contains(name, s.Name) || s.Cause == name {
			alike = append(alike, s.Name)
		}
	}
	if len(alike) > 0 {
		return nil, fmt.Errorf("unknown scenario %q; did you mean %s?", name, strings.Join(alike, " or "))
	}
	return nil, fmt.Errorf("unknown scenario %q (known: %s)", name, strings.Join(names, ", "))
}

// Text returns a file of the scenario's folder.
func (c *Catalogue) Text(s *Scenario, file string) (string, error) {
	data, err := fs.ReadFile(c.fsys, path.Join(s.Name, file))
	if err != nil {
		return "", fmt.Errorf("%s: %w", path.Join(c.root, s.Name, file), errors.Unwrap(err))
	}
	return string(data), nil
}

// Path is where a file of the scenario is, for messages.
func (c *Catalogue) Path(s *Scenario, file string) string { return path.Join(c.root, s.Name, file) }

// Drills lists every variant of every scenario.
func (c *Catalogue) Drills() []Drill {
	var drills []Drill
	for _, s := range c.list {
		drills = append(drills, s.Drills()...)
	}
	return drills
}

// Drill is one variant of one scenario.
type Drill struct {
	*Scenario
	Variant string // "fastcgi-unix"
}

// VariantNames lists the variants, sorted.
func (s *Scenario) VariantNames() []string { return slices.Sorted(maps.Keys(s.Variants)) }

// Drills lists the variants, sorted.
func (s *Scenario) Drills() []Drill {
	var drills []Drill
	for _, v := range s.VariantNames() {
		drills = append(drills, Drill{s, v})
	}
	return drills
}

// Protocol is what the proxy speaks with the upstream: "http", "https", "fastcgi", "uwsgi" or "grpc".
func (d Drill) Protocol() string { p, _, _ := strings.Cut(d.Variant, "-"); return p }

// Simulated is the protocol that the simulator speaks in this variant; TLS is a matter of the plan.
func (d Drill) Simulated() string {
	switch p := d.Protocol(); p {
	case "https":
		return "http"
	case "grpc":
		return "http2"
	default:
		return p
	}
}

// SpokenBy is the protocol of a fake upstream: its own, or the proxy's.
func (d Drill) SpokenBy(u Upstream) string { return cmp.Or(u.Speaks, d.Simulated()) }

// Transport is "tcp" or "unix".
func (d Drill) Transport() string { _, t, _ := strings.Cut(d.Variant, "-"); return t }

// Conf is the name of the variant's nginx.conf beside scenario.yaml.
func (d Drill) Conf() string { return d.Variant + ".conf" }

// Symptom is what this variant must show.
func (d Drill) Symptom() Symptom {
	if s := d.Variants[d.Variant].Symptom; s != nil {
		return *s
	}
	return d.Scenario.Symptom
}

// Remedy is the action that must be proposed for this variant.
func (d Drill) Remedy() string {
	if r := d.Variants[d.Variant].Remedy; r != "" {
		return r
	}
	return d.Scenario.Remedy
}

// On tells whether the cause exists in a version of nginx. Of a version that the matrix does not
// have, as a user's own image is, everything is tried.
func (d Drill) On(version string) bool {
	list := d.Versions
	if own := d.Variants[d.Variant].Versions; own != nil {
		list = own
	}
	return len(list) == 0 || slices.Contains(list, version) || !slices.Contains(nginx.Versions(), version)
}

// Traps are those of the scenario that are traps in this variant.
func (d Drill) Traps() []Trap {
	var list []Trap
	for _, t := range d.Scenario.Traps {
		if d.can(t.Change) {
			list = append(list, t)
		}
	}
	return list
}

// Also are the other remedies that there are in this variant.
func (d Drill) Also() []Change {
	return slices.DeleteFunc(slices.Clone(d.Scenario.Also), func(c Change) bool { return !d.can(c) })
}

func (d Drill) can(c Change) bool {
	return c.Only == "" || c.Only == d.Protocol() || c.Only == d.Transport() || c.Only == d.Variant
}

// AllEdits are the change's edits in their order; none of an action.
func (c Change) AllEdits() []Edit {
	if c.Edit != nil {
		return []Edit{*c.Edit}
	}
	return c.Edits
}

// Name is the change in a few words, for messages.
func (c Change) Name() string {
	var names []string
	for _, e := range c.AllEdits() {
		names = append(names, e.name())
	}
	if c.File != nil {
		names = append(names, "another "+c.File.Path)
	}
	if len(names) > 0 {
		return strings.Join(names, "; ")
	}
	return strings.TrimSpace(c.Action + " " + c.Upstream + c.Path)
}

func (e Edit) name() string {
	if e.Remove {
		return strings.TrimSpace("no " + e.Directive + " " + e.At)
	}
	return e.Directive + " " + e.Value
}

// Listen is where the upstream listens in this variant, "tcp:ADDRESS" or "unix:PATH".
func (d Drill) Listen(u Upstream) string { return d.Transport() + ":" + u.Listen[d.Transport()] }

// PlanText is a plan as YAML of its own, as the simulator reads it; empty for none.
func PlanText(node *yaml.Node) (string, error) {
	if node == nil {
		return "", nil
	}
	out, err := yaml.Marshal(node)
	return string(out), err
}
