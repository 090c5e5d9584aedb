package containers

import (
	"bytes"
	"fmt"
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

func TestProgressPassesHeadingsOn(t *testing.T) {
	var lines []string
	p := &progress{name: "x", tail: new(bytes.Buffer), statusf: func(f string, a ...any) { lines = append(lines, fmt.Sprintf(f, a...)) }}
	for _, part := range []string{"I: one\nGet:1 no", "ise\nI: t", "wo\n"} {
		p.Write([]byte(part))
	}
	if want := []string{"image x: one", "image x: two"}; !slices.Equal(lines, want) {
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

func TestAMissingToolIsNamed(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	err := (&Engine{}).ensureMmdebstrap(t.Context())
	if err == nil || !strings.Contains(err.Error(), "sudo apt-get install mmdebstrap") {
		t.Errorf("got %v, want what to install", err)
	}
}
