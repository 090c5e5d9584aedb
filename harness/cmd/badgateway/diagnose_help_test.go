package main

import (
	"regexp"
	"strings"
	"testing"
)

func TestEachFlagOfDiagnoseStandsInOneGroup(t *testing.T) {
	c := diagnoseCommand()
	c.InitDefaultHelpFlag()
	count := map[string]int{}
	for _, g := range flagGroups {
		for _, name := range g.flags {
			count[name]++
			if c.Flags().Lookup(name) == nil {
				t.Errorf("group %q names --%s, which is no flag", g.title, name)
			}
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^\s+(?:-\w, )?(?:    )?--([\w-]+)`).FindAllStringSubmatch(c.Flags().FlagUsages(), -1) {
		if count[m[1]] != 1 {
			t.Errorf("--%s stands in %d groups, want 1", m[1], count[m[1]])
		}
		delete(count, m[1])
	}
	if len(count) > 0 {
		t.Errorf("not seen among the flags: %v", count)
	}
	var out strings.Builder
	c.SetOut(&out)
	c.SetArgs([]string{"--help"})
	if err := c.Execute(); err != nil || !strings.Contains(out.String(), "Applying an edit:\n") {
		t.Errorf("got %v:\n%s", err, &out)
	}
}
