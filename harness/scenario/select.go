package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/diagnoser"
)

// Selection narrows a run. The zero value selects every drill.
type Selection struct {
	Names  []string // NAME or NAME/VARIANT; any of them
	Labels []string // each must be one of the drill's
	Shard  Shard
}

// Shard is one part of a run that several machines share. The zero value is all of it.
type Shard struct{ Index, Count int } // Index counts from 1

// ParseShard reads "2/5", the second of five parts.
func ParseShard(text string) (Shard, error) {
	if text == "" {
		return Shard{}, nil
	}
	index, count, ok := strings.Cut(text, "/")
	i, errIndex := strconv.Atoi(index)
	n, errCount := strconv.Atoi(count)
	if !ok || errIndex != nil || errCount != nil || i < 1 || i > n {
		return Shard{}, fmt.Errorf("shard %q is not one like 2/5, the second of five parts", text)
	}
	return Shard{i, n}, nil
}

// holds tells whether the nth drill, from 0, is of this part. Neighbours, which are the variants of one
// scenario and take as long, go to different parts.
func (s Shard) holds(n int) bool { return s.Count == 0 || n%s.Count == s.Index-1 }

// Labels are the words by which a drill can be chosen: its level, cause, family of causes, protocol and transport.
func (d Drill) Labels() []string {
	labels := []string{d.Level, d.Cause, d.Protocol(), d.Transport()}
	if c, ok := diagnoser.CauseNamed(d.Cause); ok && !slices.Contains(labels, c.Family) {
		labels = append(labels, c.Family)
	}
	return labels
}

// Select returns the drills that are meant, in the catalogue's order. The error of
// a name or label that fits nothing lists what there is.
func (c *Catalogue) Select(by Selection) ([]Drill, error) {
	named, err := c.named(by.Names)
	if err != nil {
		return nil, err
	}
	for _, label := range by.Labels {
		if !slices.Contains(c.labels(), label) {
			return nil, fmt.Errorf("unknown label %q (known: %s)", label, strings.Join(c.labels(), ", "))
		}
		named = slices.DeleteFunc(named, func(d Drill) bool { return !slices.Contains(d.Labels(), label) })
	}
	if len(named) == 0 {
		return nil, fmt.Errorf("no drill has all of the labels %s", strings.Join(by.Labels, ", "))
	}
	var part []Drill
	for n, d := range named {
		if by.Shard.holds(n) {
			part = append(part, d)
		}
	}
	return part, nil
}

func (c *Catalogue) labels() (all []string) {
	for _, d := range c.Drills() {
		all = append(all, d.Labels()...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (c *Catalogue) named(names []string) ([]Drill, error) {
	all := c.Drills()
	if len(names) == 0 {
		return all, nil
	}
	wanted := map[string]bool{}
	for _, name := range names {
		drills, err := c.drillsOf(name)
		if err != nil {
			return nil, err
		}
		for _, d := range drills {
			wanted[d.Name+"/"+d.Variant] = true
		}
	}
	return slices.DeleteFunc(all, func(d Drill) bool { return !wanted[d.Name+"/"+d.Variant] }), nil
}

// drillsOf are those of NAME, or the one of NAME/VARIANT.
func (c *Catalogue) drillsOf(name string) ([]Drill, error) {
	name, variant, narrowed := strings.Cut(name, "/")
	s, err := c.Find(name)
	if err != nil {
		return nil, err
	}
	if !narrowed {
		return s.Drills(), nil
	}
	if _, ok := s.Variants[variant]; !ok {
		return nil, fmt.Errorf("scenario %s has no variant %q (known: %s)", name, variant, strings.Join(s.VariantNames(), ", "))
	}
	return []Drill{{s, variant}}, nil
}
