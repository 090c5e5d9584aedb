package containers

import (
	"os"
	"os/exec"
	"testing"
)

func TestOwnerGoesThroughItsText(t *testing.T) {
	want, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseOwner(want.String())
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for _, bad := range []string{"", "a,b", "run,12,host", "run,x:1,host", "run,1:x,host"} {
		if _, err := ParseOwner(bad); err == nil {
			t.Errorf("ParseOwner(%q) has no error", bad)
		}
	}
}

func TestGone(t *testing.T) {
	self, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	if self.Gone() {
		t.Error("this process counts as gone")
	}
	later := self
	later.Start++
	if !later.Gone() {
		t.Error("another process with the same PID counts as this one")
	}
	elsewhere := later
	elsewhere.Host = "another"
	if elsewhere.Gone() {
		t.Error("a process of another host was judged")
	}
	dead := self
	dead.PID, dead.Start = deadProcess(t)
	if !dead.Gone() {
		t.Error("a process that ended counts as living")
	}
}

func deadProcess(t *testing.T) (int, uint64) {
	t.Helper()
	cmd := exec.Command("cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	start, err := startTime(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	in.Close()
	cmd.Wait()
	return cmd.Process.Pid, start
}

func TestWhatASweepTakes(t *testing.T) {
	self, _ := Self()
	dead := self
	dead.Run, dead.Start = "dead", self.Start+1
	kept := dead.labels("proxy")
	kept[labelKept] = "1"
	for _, tc := range []struct {
		name   string
		which  Which
		labels map[string]string
		want   bool
	}{
		{"a dead run", Which{}, dead.labels("proxy"), true},
		{"a living run", Which{}, self.labels("proxy"), false},
		{"a living run, on request", Which{Living: true}, self.labels("proxy"), true},
		{"a kept pod", Which{}, kept, false},
		{"a kept pod, on request", Which{Kept: true}, kept, true},
		{"this run, by its guard", Which{Run: self.Run}, self.labels("proxy"), true},
		{"another run, by the guard", Which{Run: self.Run}, dead.labels("proxy"), false},
		{"a kept pod, by the guard", Which{Run: "dead"}, kept, false},
		{"labels that cannot be read", Which{}, map[string]string{labelProject: "1"}, false},
	} {
		if got := tc.which.takes(tc.labels); got != tc.want {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
	}
}

func TestBuildDirectoriesOfTheDeadAreSwept(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	self, _ := Self()
	dead := self
	dead.Start++
	for _, o := range []Owner{self, dead} {
		if err := os.MkdirAll(buildDir(o), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := sweepBuilds(Which{}); n != 1 || err != nil {
		t.Errorf("got %d, %v, want 1", n, err)
	}
	if _, err := os.Stat(buildDir(self)); err != nil {
		t.Errorf("the directory of a living run: %v", err)
	}
	if _, err := os.Stat(buildDir(dead)); err == nil {
		t.Error("the directory of a dead run is still there")
	}
}
