package simulator

import (
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// What a plan asks for and this process may not do is refused when the plan is compiled, at its place.
func TestRefusedWithoutPrivilege(t *testing.T) {
	if capable(unix.CAP_NET_ADMIN) || capable(unix.CAP_CHOWN) {
		asNobody(t)
		return
	}
	for _, tt := range []struct{ listen, plan, want string }{
		{"tcp:127.0.0.1:0", "default: [serve]\nexchanges:\n  - script: [vanish]",
			`p.yaml:3:14: vanish: switch TCP to repair mode, which needs the capability NET_ADMIN: operation not permitted`},
		{"tcp:127.0.0.1:0", `default: [{cut_at: {mark: body, then: [vanish]}}, serve]`,
			`p.yaml:1:40: vanish: switch TCP to repair mode, which needs the capability NET_ADMIN: operation not permitted`},
		{"unix:/nowhere/app.sock", `endpoint: {owner: 0}`, `p.yaml:1:11: endpoint: owner and group: giving the socket away needs the capability CHOWN`},
	} {
		plan, err := ParsePlan("p.yaml", []byte(tt.plan))
		if err == nil {
			_, err = New(Config{Listen: tt.listen, Plan: plan})
		}
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s\n got %v\nwant %s", tt.plan, err, tt.want)
		}
	}
}

// asNobody runs the same test again as a user without capabilities. The binary is executed by its descriptor, because its folder is root's.
func asNobody(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to run as a user without capabilities, or no capabilities at all")
	}
	self, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = self.Close() }()
	cmd := exec.CommandContext(t.Context(), "/proc/self/fd/3", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.ExtraFiles = []*os.File{self}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("as user 65534: %v\n%s", err, out)
	}
}
