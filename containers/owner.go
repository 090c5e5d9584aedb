package containers

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/moby/moby/client"
)

// Labels on every container that we make. Images carry one of their own, because a
// container inherits its image's labels, and a person may start one by hand.
const (
	labelProject = "badgateway"       // "1"
	labelRun     = "badgateway.run"   // the run's id
	labelOwner   = "badgateway.owner" // "PID:START", START in clock ticks since boot (proc(5), field 22)
	labelHost    = "badgateway.host"  // boot id and PID namespace in which PID means something
	labelKept    = "badgateway.kept"  // "1": left on purpose for a person
	labelRole    = "badgateway.role"  // "proxy" or "sidecar"
	labelImage   = "badgateway.image" // "1"
)

// Owner is the process for which containers live.
type Owner struct {
	Run   string // random, one per run
	PID   int
	Start uint64 // clock ticks since boot
	Host  string
}

// Self returns the calling process as the owner of a new run.
func Self() (Owner, error) {
	id := make([]byte, 6)
	rand.Read(id)
	start, err := startTime(os.Getpid())
	if err != nil {
		return Owner{}, fmt.Errorf("read own start time: %w", err)
	}
	return Owner{Run: hex.EncodeToString(id), PID: os.Getpid(), Start: start, Host: thisHost()}, nil
}

// ParseOwner reads what String wrote.
func ParseOwner(s string) (Owner, error) {
	var o Owner
	parts := strings.SplitN(s, ",", 3)
	if len(parts) != 3 {
		return o, fmt.Errorf("owner %q: want RUN,PID:START,HOST", s)
	}
	o.Run, o.Host = parts[0], parts[2]
	pid, start, _ := strings.Cut(parts[1], ":")
	var err error
	if o.PID, err = strconv.Atoi(pid); err != nil {
		return o, fmt.Errorf("owner %q: %w", s, err)
	}
	if o.Start, err = strconv.ParseUint(start, 10, 64); err != nil {
		return o, fmt.Errorf("owner %q: %w", s, err)
	}
	return o, nil
}

// String is the form that ParseOwner reads.
func (o Owner) String() string {
	return fmt.Sprintf("%s,%s,%s", o.Run, o.process(), o.Host)
}

func (o Owner) process() string { return fmt.Sprintf("%d:%d", o.PID, o.Start) }

func (o Owner) labels(role string) map[string]string {
	return map[string]string{
		labelProject: "1", labelRun: o.Run, labelOwner: o.process(), labelHost: o.Host, labelRole: role,
	}
}

func ownerOf(labels map[string]string) (Owner, error) {
	return ParseOwner(labels[labelRun] + "," + labels[labelOwner] + "," + labels[labelHost])
}

// Gone reports whether the owner is known to be dead. An owner on another host,
// or in another PID namespace, cannot be judged and counts as living: the lease
// of its pods ends them.
func (o Owner) Gone() bool {
	if o.Host != thisHost() {
		return false
	}
	start, err := startTime(o.PID)
	return err != nil || start != o.Start
}

// startTime is field 22 of /proc/PID/stat; the PID alone may have been given to another process.
func startTime(pid int) (uint64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name in parentheses may hold blanks; fields count from the last parenthesis.
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	if len(fields) < 20 {
		return 0, fmt.Errorf("/proc/%d/stat: %d fields", pid, len(fields))
	}
	if state := fields[0][0]; state == 'Z' || state == 'X' {
		return 0, os.ErrProcessDone
	}
	return strconv.ParseUint(string(fields[19]), 10, 64)
}

func thisHost() string {
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	space, _ := os.Readlink("/proc/self/ns/pid")
	return strings.TrimSpace(string(boot)) + "/" + strings.Trim(strings.TrimPrefix(space, "pid:"), "[]")
}

func labelled(label string) client.Filters {
	return make(client.Filters).Add("label", label+"=1")
}
