package diagnoser

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// inquire joins what was collected with what commands printed. Facts that were
// collected count more: only what no collector gives is taken from a paste then.
func (r *Reading) inquire(host *evidence.Host, probes []evidence.Probe) *inquiry {
	in := &inquiry{Reading: r, host: host, probes: probes}
	told, asked := r.pasted.Facts()
	if told == nil {
		return in
	}
	in.probes = append(slices.Clone(probes), asked...)
	if host == nil {
		in.host = told
		return in
	}
	both := *host
	both.Told = told.Told
	both.Names = append(slices.Clone(host.Names), told.Names...)
	both.Nameservers = append(slices.Clone(host.Nameservers), told.Nameservers...)
	both.Search = append(slices.Clone(host.Search), told.Search...)
	in.host = &both
	return in
}

// blind tells that nobody collected facts of the host: at most somebody pasted some.
func (in *inquiry) blind() bool { return in.host == nil || in.host.Pasted }

// proof is the certainty of a conclusion from the whole of what was collected. A
// paste can come from another namespace than the proxy's, so it proves less.
func (in *inquiry) proof() string {
	if in.blind() {
		return Likely
	}
	return Proved
}

// told returns the pasted facts, empty where there are none.
func (in *inquiry) told() evidence.Told {
	if in.host == nil {
		return evidence.Told{}
	}
	return in.host.Told
}

// pastedPath finds a path of which a listing showed the last name only.
func (in *inquiry) pastedPath(name string) *evidence.Path {
	if !in.host.Pasted {
		return nil
	}
	for i, p := range in.host.Paths {
		if !strings.HasPrefix(p.Path, "/") && p.Path == path.Base(name) {
			return &in.host.Paths[i]
		}
	}
	return nil
}

// setting returns a setting of the host that somebody pasted, "" without one.
func (in *inquiry) setting(name string) string { return in.told().Settings[name] }

// sortedKeys gives the keys of a map in order, so that one input has one report.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
