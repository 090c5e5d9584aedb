package scenario

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/badgateway/badgateway/containers/backends"
	"github.com/badgateway/badgateway/simulator/dns"
	"github.com/badgateway/badgateway/simulator/strictyaml"
)

// BackendDir is where a real backend finds the files of its scenario.
const BackendDir = "/srv"

// NotReady as Backend.Ready says that the backend is not waited for.
const NotReady = "none"

// Backend is a real application server in the place of a fake upstream, for causes that only a real one has.
type Backend struct {
	Kind    string            `yaml:"kind" strict:"required"`    // gunicorn, node, php-fpm, uwsgi
	Command []string          `yaml:"command" strict:"required"` // run in the container
	Files   string            `yaml:"files"`                     // a folder beside scenario.yaml, found at /srv
	Env     map[string]string `yaml:"env"`                       // besides LISTEN, the variant's address: 127.0.0.1:9000, or a path
	Memory  strictyaml.Size   `yaml:"memory"`                    // limit of its cgroup, without swap
	// Ready is where it listens when it is up, "tcp:127.0.0.1:8001"; where the proxy looks for it when empty; "none" for nowhere.
	Ready string `yaml:"ready"`
	// Says is a piece of its log that is waited for before evidence is taken: a log comes through another process.
	Says string `yaml:"says"`
}

// Rerun is what follows an action on a real backend; what it leaves out stays as it was.
type Rerun struct {
	Command []string          `yaml:"command"`
	Files   string            `yaml:"files"`
	Env     map[string]string `yaml:"env"`
	Memory  strictyaml.Size   `yaml:"memory"`
	// Ordered is the right order of starts, as a unit's After= with Type=notify or a readiness probe makes it: from
	// then on the proxy is asked after a boot only when the backend listens.
	Ordered bool `yaml:"ordered"`
}

// ReadRerun reads what follows an action on a real backend; without a node it is the same again.
func ReadRerun(file string, node *yaml.Node) (r Rerun, err error) {
	if node != nil {
		err = strictyaml.Decode(file, node, &r)
	}
	return r, err
}

// ReadyAt is where the upstream listens once it is up, "tcp:ADDRESS" or "unix:PATH"; empty for nowhere.
func (d Drill) ReadyAt(u Upstream) string {
	if u.Backend.Ready == NotReady {
		return ""
	}
	return cmp.Or(u.Backend.Ready, d.Listen(u))
}

// BackendFiles are the files of a folder beside scenario.yaml by their path in a backend's container.
func (c *Catalogue) BackendFiles(s *Scenario, folder string) (map[string][]byte, error) {
	files := map[string][]byte{}
	if folder == "" {
		return files, nil
	}
	root := path.Join(s.Name, folder)
	err := fs.WalkDir(c.fsys, root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(c.fsys, name)
		files[path.Join(BackendDir, strings.TrimPrefix(name, root))] = data
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path.Join(c.root, root), err)
	}
	return files, nil
}

// Backends lists the kinds of real backends that drills need, sorted.
func Backends(drills []Drill) (kinds []string) {
	for _, d := range drills {
		for _, u := range d.Upstreams {
			if u.Backend != nil {
				kinds = append(kinds, u.Backend.Kind)
			}
		}
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// backend checks a real backend and what follows an action on it.
func (k *checker) backend(fsys fs.FS, at []string, u Upstream) error {
	switch b := u.Backend; {
	case u.Plan != nil:
		return k.errorf(append(at, "plan"), "a real backend has no plan")
	case u.Speaks != "":
		return k.errorf(append(at, "speaks"), "a real backend speaks what it speaks")
	case !slices.Contains(backends.Kinds(), b.Kind):
		return k.errorf(append(at, "backend", "kind"), "unknown backend %q (known: %s)", b.Kind, strings.Join(backends.Kinds(), ", "))
	case b.Files != "":
		if info, err := fs.Stat(fsys, path.Join(k.s.Name, b.Files)); err != nil || !info.IsDir() {
			return k.errorf(append(at, "backend", "files"), "there is no folder %s beside scenario.yaml", b.Files)
		}
	}
	for _, node := range u.After {
		if _, err := ReadRerun(k.file, node); err != nil {
			return err
		}
	}
	return nil
}

func namesPlan(file string, node *yaml.Node) (*dns.Plan, error) {
	text, err := PlanText(node)
	if err != nil {
		return nil, err
	}
	return dns.ParsePlan(file, []byte(text))
}
