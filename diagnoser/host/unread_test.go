package host

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/host/sandbox"
)

// Without rights nothing is an error, and each source that stays dark names what it needs.
func TestUnreadNamesTheMissingRight(t *testing.T) {
	sandbox.Need(t)
	dir := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(dir, "app"), 0o700))
	must(t, os.Chmod(dir, 0o755))
	must(t, os.Chmod(filepath.Dir(dir), 0o755))
	path := filepath.Join(dir, "app/app.sock")
	bind(t, path)
	h := collectAs(t, 65534, evidence.HostQuestion{Paths: []string{path}})

	for source, needs := range map[string]string{
		"packet filter": "CAP_NET_ADMIN", "open files of": "CAP_SYS_PTRACE", "path " + path: "CAP_DAC_READ_SEARCH",
	} {
		found := false
		for _, u := range h.Unread {
			found = found || strings.HasPrefix(u.Source, source) && u.Needs == needs
		}
		if !found {
			t.Errorf("unread: got %+v, want %s to need %s", h.Unread, source, needs)
		}
	}
	if find(h, path) == nil || len(h.Processes) == 0 {
		t.Error("listeners and processes need no right, and are missing")
	}
	last := h.Paths[0].Nodes[len(h.Paths[0].Nodes)-1]
	if last.Path != filepath.Dir(path) || last.Kind != "directory" {
		t.Errorf("last node: got %+v, want the directory that could not be entered", last)
	}
}

func collectAs(t *testing.T, uid uint32, q evidence.HostQuestion) *evidence.Host {
	t.Helper()
	question, err := json.Marshal(q)
	must(t, err)
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), collectEnv+"="+string(question))
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	out, err := cmd.Output()
	must(t, err)
	var h evidence.Host
	must(t, json.Unmarshal(out, &h))
	return &h
}
