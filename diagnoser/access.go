package diagnoser

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// worker is the process that connects: a worker of the proxy, nil when none was seen. One that is shutting
// down after a reload connects no more, and may run as another user.
func (in *inquiry) worker() *evidence.Process {
	if in.host == nil {
		return nil
	}
	if in.host.Pasted && !slices.ContainsFunc(in.host.Processes, isWorker) {
		return in.configuredWorker()
	}
	for i, p := range in.host.Processes {
		if isWorker(p) {
			return &in.host.Processes[i]
		}
	}
	return nil
}

func isWorker(p evidence.Process) bool {
	return strings.TrimSpace(p.Command) == "nginx: worker process"
}

// configuredWorker is the worker as the directive user has it, nil where none is set. Its groups are not known.
func (in *inquiry) configuredWorker() *evidence.Process {
	users := in.config.Named("user")
	if len(users) == 0 {
		return nil
	}
	p := &evidence.Process{Name: "nginx", Command: "nginx: worker process", UID: unknownID, GID: unknownID, User: users[0].Arg(0), Group: users[0].Arg(1), Groupless: true}
	if p.User == "root" {
		p.UID, p.GID = 0, 0
	}
	return p
}

// unknownID is nobody's number.
const unknownID = 1<<32 - 2

// Bits of access(2), as in each digit of a mode.
const (
	mayWrite  = 2
	maySearch = 1
)

// class returns how many bits a mode is shifted for a process: 6 for the owner, 3
// for the group, 0 for others. The kernel asks the first class that fits and no other.
func class(p *evidence.Process, n *evidence.PathNode) int {
	switch {
	case p.UID == n.UID, p.Groupless && p.User != "" && p.User == n.User:
		return 6
	case inGroup(p, n.GID), p.Groupless && n.Group != "" && (n.Group == p.User || n.Group == p.Group):
		return 3
	}
	return 0
}

func inGroup(p *evidence.Process, gid uint32) bool {
	return p.GID == gid || slices.Contains(p.Groups, gid)
}

// admits tells whether a node's mode lets a process in; root is never kept out.
func admits(p *evidence.Process, n *evidence.PathNode, bit fs.FileMode) bool {
	if p.UID == 0 {
		return true
	}
	for _, e := range n.ACL {
		if e.Kind == "user" && e.Name == p.User || e.Kind == "group" && e.Name == p.Group && class(p, n) < 6 {
			return e.Mode&masked(n)&bit != 0
		}
	}
	return n.Mode>>class(p, n)&bit != 0
}

// masked is the access that an ACL's mask leaves to all but the owner and others; acl(5).
func masked(n *evidence.PathNode) fs.FileMode {
	for _, e := range n.ACL {
		if e.Kind == "mask" {
			return e.Mode
		}
	}
	return 7
}

// surely tells whether a node keeps a process out whatever groups it may be in.
func surely(p *evidence.Process, n *evidence.PathNode) bool {
	bit := fs.FileMode(mayWrite)
	if n.Kind == "directory" {
		bit = maySearch
	}
	return !p.Groupless || n.Mode>>3&bit == 0 || n.Group == "root"
}

// denier returns the first node of a path that keeps the process out: a directory
// without search permission, or the socket without write permission.
func denier(p *evidence.Process, path *evidence.Path) *evidence.PathNode {
	for i := range path.Nodes {
		n := &path.Nodes[i]
		switch {
		case n.Kind == "directory" && !admits(p, n, maySearch):
			return n
		case n.Kind == "socket" && !admits(p, n, mayWrite):
			return n
		}
	}
	return nil
}

// admission is the smallest change of mode and group that lets a process in. A
// directory keeps its group: the bit is added where the process stands. A socket
// is given to the process's group, unless it is already in the socket's.
func admission(p *evidence.Process, n *evidence.PathNode) *Params {
	params := &Params{Path: n.Path}
	switch shift := class(p, n); {
	case n.Kind == "directory":
		params.Mode = octal(n.Mode | maySearch<<shift)
	case shift > 0:
		params.Mode = octal(n.Mode | mayWrite<<shift)
	default:
		params.Mode = octal(n.Mode | 0o060)
		params.Group = nameOr(p.Group, p.GID)
	}
	return params
}

func octal(m fs.FileMode) string { return fmt.Sprintf("%04o", m&fs.ModePerm) }

func nodeFact(n *evidence.PathNode) Fact {
	return fact(fromFile, "%s %s %s:%s %s", n.Kind, octal(n.Mode), nameOr(n.User, n.UID), nameOr(n.Group, n.GID), n.Path)
}

func workerFact(p *evidence.Process) Fact {
	return fact(fromProcess, "the worker (pid %d) runs as user %s, group %s%s", p.PID, nameOr(p.User, p.UID), nameOr(p.Group, p.GID), groupsOf(p))
}

func groupsOf(p *evidence.Process) string {
	if len(p.Groups) == 0 {
		return ""
	}
	return fmt.Sprintf(", further groups %v", p.Groups)
}

func nameOr(name string, id uint32) string {
	if name != "" {
		return name
	}
	return strconv.Itoa(int(id))
}

// permission makes the remedy that lets the worker pass a node.
func permission(p *evidence.Process, n *evidence.PathNode) Remedy {
	params := admission(p, n)
	r := Remedy{Action: SetPermission, Params: params,
		Summary:  fmt.Sprintf("give %s mode %s, which lets the worker in", n.Path, params.Mode),
		Commands: []string{"chmod " + params.Mode + " " + n.Path}}
	if params.Group != "" {
		r.Summary = fmt.Sprintf("give %s to the worker's group %s with mode %s", n.Path, params.Group, params.Mode)
		r.Commands = append([]string{"chgrp " + params.Group + " " + n.Path}, r.Commands...)
	}
	return r
}
