//go:build live

package suite

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	. "github.com/onsi/gomega"

	"github.com/badgateway/badgateway/containers/nginx"
	"github.com/badgateway/badgateway/harness/drill"
	"github.com/badgateway/badgateway/harness/report"
	"github.com/badgateway/badgateway/harness/scenario"
)

const recordEntry = "record"

var _ = Describe("scenario", func() {
	catalogue, err := scenario.Builtin()
	if err != nil {
		It("is declared well", func() { Expect(err).NotTo(HaveOccurred()) })
		return
	}
	drills, err := chosen(catalogue)
	if err != nil {
		It("is chosen well", func() { Expect(err).NotTo(HaveOccurred()) })
		return
	}
	for _, version := range proxies() {
		for _, d := range drills {
			if d.On(version) {
				describe(d, version)
			}
		}
	}
})

func proxies() []string {
	if *imageFlag != "" {
		return []string{*imageFlag}
	}
	return versions()
}

func chosen(catalogue *scenario.Catalogue) ([]scenario.Drill, error) {
	shard, err := scenario.ParseShard(*shardFlag)
	if err != nil {
		return nil, err
	}
	drills, err := catalogue.Select(scenario.Selection{Names: words(*scenarioFlag), Labels: words(*labelFlag), Shard: shard})
	return scenario.Mixed(drills), err
}

// words are those of a list with commas or spaces between them; an empty list has none.
func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// describe is one drill: each step of the engine is a sentence of its own.
func describe(d scenario.Drill, version string) {
	Describe(d.Name+" "+d.Variant+" nginx "+version, Ordered, Label("scenario"), Label(d.Labels()...), func() {
		var s *drill.Session
		BeforeAll(func(ctx SpecContext) {
			var err error
			s, err = env.Start(ctx, d, proxyOf(version))
			Expect(err).NotTo(HaveOccurred())
		}, NodeTimeout(patience))
		steps := drill.Steps()
		if *proofFlag && version == nginx.Newest() {
			steps = append(steps, drill.ProofSteps()...)
		}
		for _, step := range steps {
			It(step.Name, func(ctx SpecContext) {
				m, err := s.Do(ctx, step)
				Expect(err).NotTo(HaveOccurred())
				Expect(m).To(DoAsDeclared())
			}, SpecTimeout(patience))
		}
		JustAfterEach(func(ctx SpecContext) { attach(ctx, s) })
		AfterAll(func(ctx SpecContext) { finish(ctx, s) }, NodeTimeout(patience))
	})
}

// attach shows, with a failure, what a person would ask for.
func attach(ctx SpecContext, s *drill.Session) {
	if s == nil || !CurrentSpecReport().Failed() {
		return
	}
	for name, text := range s.Exhibits(ctx) {
		AddReportEntry(name, text, ReportEntryVisibilityFailureOrVerbose)
	}
}

func finish(ctx SpecContext, s *drill.Session) {
	if s == nil {
		return
	}
	Expect(s.Close(ctx)).To(Succeed())
	AddReportEntry(recordEntry, s.Record(), ReportEntryVisibilityNever)
	if *recordFlag != "" && s.Result.Verdict == drill.Passed {
		Expect(record(s)).To(Succeed())
	}
}

func record(s *drill.Session) error {
	dir := filepath.Join(*recordFlag, s.Name, "recorded")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	data, err := json.MarshalIndent(s.Evidence, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, s.Variant+"-"+s.Proxy.Version+".json"), append(data, '\n'), 0o644)
}

var _ = ReportAfterSuite("report", func(r Report) {
	if *reportFlag == "" {
		return
	}
	var records []drill.Record
	for _, spec := range r.SpecReports {
		for _, entry := range spec.ReportEntries {
			if entry.Name == recordEntry {
				records = append(records, recordOf(entry))
			}
		}
	}
	Expect(report.Write(*reportFlag, report.Run{Drills: len(records)}, records)).To(Succeed())
})

// recordOf reads an entry: of this process it still has the value, of another one only the JSON.
func recordOf(entry types.ReportEntry) (r drill.Record) {
	if r, ok := entry.GetRawValue().(drill.Record); ok {
		return r
	}
	Expect(json.Unmarshal([]byte(entry.Value.AsJSON), &r)).To(Succeed())
	return r
}
