//go:build live

package suite

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/badgateway/badgateway/containers/nginx"
	"github.com/badgateway/badgateway/harness/drill"
	"github.com/badgateway/badgateway/harness/report"
	"github.com/badgateway/badgateway/harness/scenario"
)

var _ = Describe("scenario", Label("scenario"), func() {
	catalogue, err := scenario.Builtin()
	if err != nil {
		It("is declared well", func() { Expect(err).NotTo(HaveOccurred()) })
		return
	}
	jobs, err := chosen(catalogue)
	if err != nil {
		It("is chosen well", func() { Expect(err).NotTo(HaveOccurred()) })
		return
	}
	run := &batch{jobs: jobs, ends: map[string]chan ended{}}
	for _, j := range jobs {
		run.ends[j.Name()] = make(chan ended, 1)
		describe(run, j)
	}
	AfterAll(run.finish)
}, Ordered, ContinueOnFailure)

// batch runs the drills as the command does, many at a time, while the specs wait for what comes of them.
type batch struct {
	jobs    []drill.Job
	ends    map[string]chan ended // by the job's name; fixed
	once    sync.Once
	over    chan struct{} // closed when all is done
	records []drill.Record
	view    *report.Progress
}

// ended is a drill that is done.
type ended struct {
	*drill.Session
	err error
}

// begin is called by each drill's first spec. What it starts ends with ctx, the suite's own.
func (b *batch) begin(ctx context.Context) {
	b.once.Do(func() {
		suite, _ := GinkgoConfiguration()
		Expect(suite.ParallelTotal).To(Equal(1), "drills are run many at a time by themselves: run them without --procs")
		b.over = make(chan struct{})
		b.view = view
		b.view.Total(len(b.jobs))
		if all := len(jobsOf(all())); *sampleFlag && all > len(b.jobs) {
			b.view.Note("left out: %d of %d drills, which older versions of nginx log as the newest", all-len(b.jobs), all)
		}
		for i := range b.jobs {
			b.jobs[i].Proxy = proxyOf(b.jobs[i].Proxy.Version)
		}
		go func() {
			defer close(b.over)
			env.RunAll(ctx, b.jobs, drill.Batch{
				Procs: *procsFlag,
				Limit: b.view.Limit,
				Begun: func(j drill.Job) { b.view.Begin(j.Name()) },
				Again: func(s *drill.Session) { b.view.Later(s.Result.Name()) },
				Done:  b.done,
			})
		}()
	})
}

func (b *batch) done(s *drill.Session, err error) {
	b.records = append(b.records, s.Record())
	b.view.Done(s.Result)
	b.ends[s.Result.Name()] <- ended{s, err}
}

// await returns when a drill is done, and fails when the run ends without it.
func (b *batch) await(ctx SpecContext, j drill.Job) ended {
	GinkgoHelper()
	select {
	case end := <-b.ends[j.Name()]:
		return end
	case <-b.over:
	case <-ctx.Done():
	}
	select {
	case end := <-b.ends[j.Name()]:
		return end
	default:
		Fail("the run ended before it came to this drill")
		return ended{}
	}
}

// finish writes the report, of an interrupted run too.
func (b *batch) finish() {
	if b.over == nil {
		return
	}
	<-b.over
	run := b.view.Finish(interrupted.Err() != nil)
	if *reportFlag != "" {
		Expect(report.Write(*reportFlag, run, b.records)).To(Succeed())
	}
}

// jobsOf pairs drills with versions. Proofs are made of the newest alone.
func jobsOf(drills []scenario.Drill) (jobs []drill.Job) {
	for _, version := range proxies() {
		for _, d := range drills {
			if d.On(version) {
				jobs = append(jobs, drill.Job{Drill: d, Proxy: drill.Proxy{Kind: "nginx", Version: version}, Proof: *proofFlag && version == nginx.Newest()})
			}
		}
	}
	return jobs
}

func proxies() []string {
	if *imageFlag != "" {
		return []string{*imageFlag}
	}
	return versions()
}

// all are the drills of the catalogue.
func all() []scenario.Drill {
	catalogue, err := scenario.Builtin()
	Expect(err).NotTo(HaveOccurred())
	return catalogue.Drills()
}

func chosen(catalogue *scenario.Catalogue) ([]drill.Job, error) {
	shard, err := scenario.ParseShard(*shardFlag)
	if err != nil {
		return nil, err
	}
	drills, err := catalogue.Select(scenario.Selection{Names: words(*scenarioFlag), Labels: words(*labelFlag), Shard: shard})
	if err != nil {
		return nil, err
	}
	jobs := jobsOf(scenario.Mixed(drills))
	if !*sampleFlag {
		return jobs, nil
	}
	return sampled(jobs)
}

// words are those of a list with commas or spaces between them; an empty list has none.
func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// describe is one drill: each step of the engine is a sentence of its own.
func describe(run *batch, j drill.Job) {
	Describe(j.Name(), Ordered, Label(j.Labels()...), func() {
		var end ended
		BeforeAll(func(ctx SpecContext) {
			run.begin(interrupted)
			end = run.await(ctx, j)
		})
		for i, step := range j.Steps() {
			It(step.Name, func() {
				results := end.Results()
				if i < len(results) {
					Expect(results[i].Mismatches).To(DoAsDeclared())
					return
				}
				Expect(end.err).NotTo(HaveOccurred())
				Expect(end.Result.Mismatches).To(DoAsDeclared())
			})
		}
		It("is measured on a machine that is not late", func() {
			Expect(end.Result.Disturbed).To(BeEmpty())
			Expect(end.Result.Verdict).To(Equal(drill.Passed))
			if *recordFlag != "" {
				Expect(record(end.Session)).To(Succeed())
			}
		})
	})
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
