package nginx

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// Config is nginx's configuration: all files given, read as nginx reads them.
type Config struct {
	// Top holds the directives of nginx.conf; of fragments given without it, theirs.
	Top []*Directive
	// Files are the files as read: the output of `nginx -T` is taken apart.
	Files []evidence.File
	// Missing are the includes that name a file not given.
	Missing []string

	exact map[string]bool // files that two readers read alike: only those are edited
	reads int             // inclusions so far
	texts map[string]string
	// groups and passes are found once, when the tree is complete.
	groups []Group
	passes []*Pass
}

// readsMax bounds inclusions: files that include one another twice grow without end.
const readsMax = 4096

// ParseConfig reads configuration files; the first that no other one includes is
// the main one. Includes are resolved among the files given. An error is one line
// that begins "path:line:".
func ParseConfig(files []evidence.File) (*Config, error) {
	c := &Config{Files: splitDump(files), exact: map[string]bool{}, texts: map[string]string{}}
	included := map[string]bool{}
	trees := map[string][]*Directive{}
	for _, f := range c.Files {
		list, err := parseFile(f.Path, f.Text, nil)
		if err != nil {
			return nil, err
		}
		trees[f.Path], c.texts[f.Path] = list, f.Text
		c.exact[f.Path] = sameAsCrossplane(f, list)
	}
	dir := c.prefix()
	for _, f := range c.Files {
		c.markIncluded(trees[f.Path], dir, f.Path, included)
	}
	for _, f := range c.Files {
		if included[f.Path] {
			continue
		}
		if err := c.resolve(trees[f.Path], dir, []string{f.Path}); err != nil {
			return nil, err
		}
		c.Top = append(c.Top, trees[f.Path]...)
	}
	c.groups = c.findGroups()
	c.passes = c.findPasses()
	return c, nil
}

// prefix is the folder against which nginx resolves relative includes: that of nginx.conf.
func (c *Config) prefix() string {
	for _, f := range c.Files {
		if path.Base(f.Path) == "nginx.conf" {
			return path.Dir(f.Path)
		}
	}
	if len(c.Files) > 0 {
		return path.Dir(c.Files[0].Path)
	}
	return "."
}

// markIncluded notes the files that another one includes. Where all include one
// another none is main and nothing would be read: the first file stays main.
func (c *Config) markIncluded(list []*Directive, dir, from string, included map[string]bool) {
	for _, d := range list {
		if d.Name == "include" {
			for _, f := range c.match(d.Arg(0), dir) {
				if f.Path != from && f.Path != c.Files[0].Path {
					included[f.Path] = true
				}
			}
		}
		c.markIncluded(d.Block, dir, from, included)
	}
}

// resolve reads the files that includes name into their Block, anew for each include.
func (c *Config) resolve(list []*Directive, dir string, chain []string) error {
	for _, d := range list {
		if d.Name != "include" || d.IsBlock() {
			if err := c.resolve(d.Block, dir, chain); err != nil {
				return err
			}
			continue
		}
		matches := c.match(d.Arg(0), dir)
		d.found = len(matches) > 0
		if len(matches) == 0 && !strings.ContainsAny(d.Arg(0), "*?[") {
			c.Missing = append(c.Missing, d.Arg(0))
		}
		for _, f := range matches {
			if slices.Contains(chain, f.Path) {
				return fmt.Errorf("%s:%d: include of %s leads back to itself", d.File, d.Line, f.Path)
			}
			if c.reads++; c.reads > readsMax {
				return fmt.Errorf("%s:%d: more than %d files included", d.File, d.Line, readsMax)
			}
			inner, err := parseFile(f.Path, f.Text, d.Parent)
			if err != nil {
				return err
			}
			if err := c.resolve(inner, dir, append(slices.Clone(chain), f.Path)); err != nil {
				return err
			}
			d.Block = append(d.Block, inner...)
		}
	}
	return nil
}

// match returns the files that an include's pattern names, in order of path as glob(3) gives them.
func (c *Config) match(pattern, dir string) (found []evidence.File) {
	if !path.IsAbs(pattern) {
		pattern = path.Join(dir, pattern)
	}
	for _, f := range c.Files {
		if ok, err := path.Match(path.Clean(pattern), path.Clean(f.Path)); ok && err == nil {
			found = append(found, f)
		}
	}
	slices.SortStableFunc(found, func(a, b evidence.File) int { return strings.Compare(a.Path, b.Path) })
	return found
}

// Text returns a file's text, "" for one not given.
func (c *Config) Text(file string) string { return c.texts[file] }

// Walk calls visit for every directive, includes resolved, outer before inner.
func (c *Config) Walk(visit func(*Directive)) { walk(c.Top, visit) }

func walk(list []*Directive, visit func(*Directive)) {
	each(list, func(d *Directive) {
		visit(d)
		walk(d.Block, visit)
	})
}

// Column returns the column of an offset in a file, in bytes from 1.
func (c *Config) Column(file string, offset int) int {
	text := c.Text(file)
	return offset - strings.LastIndexByte(text[:min(offset, len(text))], '\n')
}
