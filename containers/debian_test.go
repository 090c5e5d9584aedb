package containers

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestLastErrorPicksTheReason(t *testing.T) {
	for _, tc := range []struct{ out, want string }{
		{"I: running apt-get update...\nErr:1 mirror forky InRelease\nE: apt-get failed\n", "Err:1 mirror forky InRelease"},
		{"I: setup\nE: unable to find package x\nI: removing tempdir\n", "E: unable to find package x"},
		{"something else\n\n", "something else"},
		{"", ""},
	} {
		if got := lastError(tc.out); got != tc.want {
			t.Errorf("lastError(%q): got %q, want %q", tc.out, got, tc.want)
		}
	}
}

func TestProgressTellsOfLongPhases(t *testing.T) {
	var lines []string
	p := &progress{name: "x", tail: new(bytes.Buffer), statusf: func(f string, a ...any) { lines = append(lines, fmt.Sprintf(f, a...)) }}
	for _, part := range []string{"I: automatically chosen mode: root\nI: down", "loading packages with apt...\nGet:1 no", "ise\nI: extracting archives...\n"} {
		p.Write([]byte(part))
	}
	if want := []string{"image x: downloading packages", "image x: unpacking packages"}; !slices.Equal(lines, want) {
		t.Errorf("got %q, want %q", lines, want)
	}
}

func TestMirrorComesLast(t *testing.T) {
	t.Setenv("BADGATEWAY_MIRROR", "http://mirror.test/debian")
	args := mmdebstrapArgs(&DebianBuild{Suite: "forky", Packages: []string{"nginx"}})
	if got := strings.Join(args[len(args)-3:], " "); got != "forky - http://mirror.test/debian" {
		t.Errorf("got %q", got)
	}
}

func TestImagesOfOneSuiteAreBuiltAsOne(t *testing.T) {
	a := &Pending{Ref: "a", image: Image{Name: "a", Debian: &DebianBuild{Suite: "trixie", Packages: []string{"x"}, Run: "one"}}}
	b := &Pending{Ref: "b", image: Image{Name: "b", Debian: &DebianBuild{
		Suite: "trixie", Packages: []string{"y"}, Configure: []string{"y*"}, Links: map[string]string{"/l": "/y"}, Run: "two",
	}}}
	both := union([]*Pending{a, b})
	if both.Name != "a" || both.Debian.Suite != "trixie" || !slices.Equal(both.Debian.Packages, []string{"x", "y"}) {
		t.Errorf("got %q of %+v", both.Name, both.Debian)
	}
	script := finish(both.Debian)
	at := 0
	for _, want := range []string{"base-passwd_*.deb", "--install y*_*.deb", "ln -s /y /l", "one &&\ntwo", "ldconfig"} {
		i := strings.Index(script[at:], want)
		if i < 0 {
			t.Fatalf("no %q after byte %d of\n%s", want, at, script)
		}
		at += i
	}
	if alone := union([]*Pending{a}); alone.Debian != a.image.Debian {
		t.Error("one image alone is built as something else")
	}
}

func TestTheScriptIsOneThatTheShellReads(t *testing.T) {
	d := &DebianBuild{Configure: []string{"x*"}, Links: map[string]string{"/l": "/y"}, Run: `echo "a b" &&` + "\n" + `echo c`}
	if out, err := exec.Command("sh", "-n", "-c", finish(d)).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func TestImportErrorIsFound(t *testing.T) {
	if err := importError(strings.NewReader(`{"status":"x"}` + "\n" + `{"error":"no space left"}`)); err == nil || err.Error() != "no space left" {
		t.Errorf("got %v", err)
	}
	if err := importError(strings.NewReader(`{"status":"sha256:1"}`)); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestADynamicProgramIsRefused(t *testing.T) {
	if err := mustBeStatic("/bin/sh"); err == nil || !strings.Contains(err.Error(), "CGO_ENABLED=0") {
		t.Errorf("got %v, want a refusal that says how to build", err)
	}
}

func TestAProgramIsKnownByItsContent(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	one, err := identity(self)
	if err != nil || len(one) != 16 {
		t.Fatalf("got %q, %v", one, err)
	}
	if again, err := identity(self); again != one || err != nil {
		t.Errorf("got %q, then %q, %v", one, again, err)
	}
	if other, err := identity("/bin/sh"); other == one || err != nil { // it has no ID of Go's
		t.Errorf("got %q for another program, too: %v", other, err)
	}
	if _, err := identity(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("got no error for a file that is not there")
	}
}

func TestAMissingToolIsNamed(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	err := (&Engine{}).ensureMmdebstrap(t.Context())
	if err == nil || !strings.Contains(err.Error(), "sudo apt-get install mmdebstrap") {
		t.Errorf("got %v, want what to install", err)
	}
}
