package diagnoser

import (
	"io/fs"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

func TestAdmission(t *testing.T) {
	worker := &evidence.Process{UID: 33, GID: 33, Groups: []uint32{44}}
	for _, c := range []struct {
		name        string
		kind        string
		mode        fs.FileMode
		uid, gid    uint32
		denied      bool
		want, group string
	}{
		{"others may", "socket", 0o666, 0, 0, false, "", ""},
		{"group may", "socket", 0o660, 0, 33, false, "", ""},
		{"further group may", "socket", 0o660, 0, 44, false, "", ""},
		{"others may not", "socket", 0o660, 0, 0, true, "0660", "33"},
		{"read is not enough", "socket", 0o644, 0, 0, true, "0664", "33"},
		{"group may not, others may", "socket", 0o606, 0, 33, true, "0626", ""},
		{"further group may not", "socket", 0o600, 0, 44, true, "0620", ""},
		{"owner may not", "socket", 0o066, 33, 0, true, "0266", ""},
		{"directory of others", "directory", 0o750, 0, 0, true, "0751", ""},
		{"directory of the group", "directory", 0o740, 0, 44, true, "0750", ""},
		{"own directory", "directory", 0o077, 33, 0, true, "0177", ""},
		{"open directory", "directory", 0o711, 0, 0, false, "", ""},
	} {
		n := evidence.PathNode{Path: "/x", Kind: c.kind, Mode: c.mode, UID: c.uid, GID: c.gid}
		got := denier(worker, &evidence.Path{Nodes: []evidence.PathNode{n}})
		if (got != nil) != c.denied {
			t.Errorf("%s: got %+v, want denied %v", c.name, got, c.denied)
			continue
		}
		if got == nil {
			continue
		}
		p := admission(worker, got)
		if p.Mode != c.want || p.Group != c.group {
			t.Errorf("%s: got mode %s, group %q, want %s, %q", c.name, p.Mode, p.Group, c.want, c.group)
		}
		root := &evidence.Process{}
		if denier(root, &evidence.Path{Nodes: []evidence.PathNode{n}}) != nil {
			t.Errorf("%s: got root denied", c.name)
		}
	}
}

func TestAccepts(t *testing.T) {
	for _, c := range []struct {
		bound, dialed string
		want          bool
	}{
		{"127.0.0.1:1", "127.0.0.1:1", true}, {"0.0.0.0:1", "127.0.0.1:1", true}, {"[::]:1", "127.0.0.1:1", true},
		{"[::]:1", "[::1]:1", true}, {"0.0.0.0:1", "[::1]:1", false}, {"127.0.0.1:1", "[::1]:1", false},
		{"127.0.0.1:1", "127.0.0.1:2", false}, {"192.0.2.1:1", "127.0.0.1:1", false}, {"@x", "127.0.0.1:1", false},
	} {
		if got := accepts(c.bound, c.dialed); got != c.want {
			t.Errorf("%s for %s: got %v, want %v", c.bound, c.dialed, got, c.want)
		}
	}
}
