//go:build live

package suite

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/badgateway/badgateway/harness/trial"
)

// pods are this process's: one for each version, started when its first row comes.
var pods = map[string]*trial.Pod{}

func podOf(ctx context.Context, version string) *trial.Pod {
	if p := pods[version]; p != nil {
		return p
	}
	p, err := trial.Start(ctx, env, proxyOf(version), trial.Rows())
	Expect(err).NotTo(HaveOccurred())
	pods[version] = p
	return p
}

var _ = Describe("fault", Label("faults", "nginx"), func() {
	for _, version := range proxies() {
		for _, row := range trial.Rows() {
			if wanted(row) {
				It(row.String()+" nginx "+version, Label(row.Place.Protocol, row.Place.Transport), func(ctx SpecContext) {
					try(ctx, row, version)
				}, SpecTimeout(patience))
			}
		}
	}
})

// wanted leaves a user's own image out: outcomes are declared by version.
func wanted(r trial.Row) bool {
	return *imageFlag == "" && (*faultFlag == "" || r.Fault.Name == *faultFlag || r.String() == *faultFlag)
}

func try(ctx context.Context, row trial.Row, version string) {
	seen, err := podOf(ctx, version).Try(ctx, row)
	Expect(err).NotTo(HaveOccurred())
	keep(row, version, seen)
	differences := trial.Compare(row, version, seen)
	if len(differences) == 0 {
		return
	}
	Fail(fmt.Sprintf("%s behind nginx %s:\n  - %s\nanswer:\n%q\nlog:\n%sjournal:\n%sconfiguration:\n%s", row, version,
		strings.Join(differences, "\n  - "), seen.Head, shorten(seen.Log), trial.Tail(seen.Journal, 20), row.Location()))
}

// shorten leaves out the middle of a long log.
func shorten(log string) string {
	const kept = 1 << 10
	if len(log) <= 2*kept {
		return log
	}
	return log[:kept] + "\n[…]\n" + log[len(log)-kept:]
}

// keep writes what was seen where -measure says, for a person who declares a new fault.
func keep(row trial.Row, version string, seen trial.Seen) {
	if *measureFlag == "" {
		return
	}
	data, err := json.Marshal(seen)
	Expect(err).NotTo(HaveOccurred())
	name := strings.ReplaceAll(row.String(), " ", "_") + "_" + version + ".json"
	Expect(os.WriteFile(filepath.Join(*measureFlag, name), data, 0o644)).To(Succeed())
}

var _ = AfterSuite(func(ctx SpecContext) {
	for _, p := range pods {
		Expect(p.Close(ctx)).To(Succeed())
	}
}, NodeTimeout(patience))
