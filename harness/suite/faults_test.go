//go:build live

package suite

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/badgateway/badgateway/harness/trial"
)

var _ = Describe("faults", func() {
	var rows []trial.Row
	for _, row := range trial.Rows() {
		if wanted(row) {
			rows = append(rows, row)
		}
	}
	for _, version := range proxies() {
		if len(rows) > 0 {
			describeFaults(rows, version)
		}
	}
})

// describeFaults tries all rows in one pod, many at a time; each row is a sentence of its own.
func describeFaults(rows []trial.Row, version string) {
	Describe("behind nginx "+version, Ordered, ContinueOnFailure, Label("faults", "nginx"), func() {
		var results []trial.Result
		BeforeAll(func(ctx SpecContext) {
			pod, err := trial.Start(ctx, env, proxyOf(version), rows)
			Expect(err).NotTo(HaveOccurred())
			DeferCleanup(pod.Close)
			results = pod.TryAll(ctx, rows)
		}, NodeTimeout(2*patience))
		for i, row := range rows {
			It(row.String(), Label(row.Place.Protocol, row.Place.Transport), func() {
				check(row, version, results[i])
			})
		}
	})
}

// wanted leaves a user's own image out, because outcomes are declared by version, and runs that are about scenarios.
func wanted(r trial.Row) bool {
	if *imageFlag+*scenarioFlag+*labelFlag+*shardFlag+*recordFlag != "" {
		return false
	}
	return *faultFlag == "" || r.Fault.Name == *faultFlag || r.String() == *faultFlag
}

func check(row trial.Row, version string, seen trial.Result) {
	Expect(seen.Err).NotTo(HaveOccurred())
	keep(row, version, seen.Seen)
	differences := trial.Compare(row, version, seen.Seen)
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
