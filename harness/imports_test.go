package harness

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/badgateway/badgateway/"

// importRule forbids imports; why is what a person who breaks it reads.
type importRule struct {
	why string
	// breaks tells whether the file's package, by its folder, may not import this path.
	breaks func(folder, imported string, test bool) bool
}

var importRules = []importRule{
	{
		"scenarios, simulator and diagnoser import nothing of ours outside their own folder: each is of use without the others",
		func(folder, imported string, _ bool) bool {
			top := first(folder)
			return (top == "scenarios" || top == "simulator" || top == "diagnoser") &&
				strings.HasPrefix(imported, module) && first(strings.TrimPrefix(imported, module)) != top
		},
	},
	{
		"containers alone knows Docker, so that pods can come from elsewhere one day",
		func(folder, imported string, _ bool) bool {
			docker := strings.HasPrefix(imported, "github.com/testcontainers/") ||
				strings.HasPrefix(imported, "github.com/moby/") || strings.HasPrefix(imported, "github.com/docker/")
			return docker && first(folder) != "containers"
		},
	},
	{
		"nothing imports harness but its own packages: it is the top",
		func(folder, imported string, _ bool) bool {
			return strings.HasPrefix(imported, module+"harness") && first(folder) != "harness"
		},
	},
	{
		"Ginkgo and Gomega stay in tests: the engine returns values, so the command and the suites run the same code; " +
			"but simulator/matchers is itself a part of its users' tests, and made of Gomega",
		func(folder, imported string, test bool) bool {
			if folder == "simulator/matchers" && strings.HasPrefix(imported, "github.com/onsi/gomega") {
				return false
			}
			return strings.HasPrefix(imported, "github.com/onsi/") && !test
		},
	},
	{
		"only tests use matchers: what imports Gomega has no place in a program",
		func(_, imported string, test bool) bool { return imported == module+"simulator/matchers" && !test },
	},
	{
		"commands are for people; no package calls one",
		func(_, imported string, _ bool) bool { return strings.HasPrefix(imported, module+"harness/cmd/") },
	},
}

func first(path string) string {
	head, _, _ := strings.Cut(path, "/")
	return head
}

func TestImports(t *testing.T) {
	packages := listPackages(t)
	if len(packages) < 10 {
		t.Fatalf("got %d packages, want all of the module", len(packages))
	}
	for _, p := range packages {
		folder := strings.TrimPrefix(p.ImportPath, module)
		for _, rule := range importRules {
			for _, imported := range p.Imports {
				if rule.breaks(folder, imported, false) {
					t.Errorf("%s imports %s: %s", folder, imported, rule.why)
				}
			}
			for _, imported := range append(p.TestImports, p.XTestImports...) {
				if rule.breaks(folder, imported, true) {
					t.Errorf("a test of %s imports %s: %s", folder, imported, rule.why)
				}
			}
		}
	}
}

type listed struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func listPackages(t *testing.T) (all []listed) {
	t.Helper()
	out, err := exec.Command("go", "list", "-tags=live", "-json=ImportPath,Imports,TestImports,XTestImports", module+"...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}
