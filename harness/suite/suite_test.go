//go:build live

// Package suite runs the catalogue, and the life of pods, against a real proxy in Docker.
package suite

import (
	"cmp"
	"context"
	"flag"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/formatter"
	. "github.com/onsi/gomega"

	"github.com/badgateway/badgateway/containers/nginx"
	"github.com/badgateway/badgateway/harness/drill"
	"github.com/badgateway/badgateway/harness/report"
	"github.com/badgateway/badgateway/harness/scenario"
)

var (
	versionFlag  = flag.String("proxy-version", nginx.Newest(), "versions of nginx, separated by commas, or all")
	scenarioFlag = flag.String("scenario", "", "only these, NAME or NAME/VARIANT, separated by commas")
	labelFlag    = flag.String("label", "", "only drills that have all of these labels, separated by commas")
	shardFlag    = flag.String("shard", "", "only a part of the drills, 2/5 is the second of five")
	sampleFlag   = flag.Bool("sample", false, "of older versions one variant of each scenario, and all that differ from the newest")
	proofFlag    = flag.Bool("proof", false, "prove each scenario on the newest nginx: reset, mend again, try the other remedies")
	imageFlag    = flag.String("image", "", "an nginx image of your own instead")
	reportFlag   = flag.String("report", "", "directory for the report")
	procsFlag    = flag.Int("procs", 0, "drills at a time; 0 finds out what the machine bears")
	recordFlag   = flag.String("record", "", "write the evidence of each drill below this directory")
	faultFlag    = flag.String("fault", "", "only this fault, NAME or \"NAME PLACE\"")
	measureFlag  = flag.String("measure", "", "write what was seen of each fault into this directory")
)

// interrupted ends when a person, or a CI job, ends the run: then what is there is written and
// nothing more is begun.
var interrupted context.Context

// view shows the run of drills.
var view *report.Progress

func TestLive(t *testing.T) {
	stopWithParent()
	var stop context.CancelFunc
	interrupted, stop = signal.NotifyContext(t.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	RegisterFailHandler(Fail)
	suite, reporter := GinkgoConfiguration()
	out := io.Discard
	if suite.LabelFilter == "scenario" {
		// What Ginkgo prints goes to a file: a person follows the drills, and finds the rest in their report.
		file, err := ginkgoLog()
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		out, formatter.ColorableStdOut, reporter.NoColor = os.Stderr, file, true
	}
	view = report.NewProgress(out, report.ProgressOptions{Dir: *reportFlag})
	RunSpecs(t, "badgateway", suite, reporter)
}

func ginkgoLog() (*os.File, error) {
	dir := cmp.Or(*reportFlag, os.TempDir())
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return os.Create(filepath.Join(dir, "ginkgo.log"))
}

// env is this process's environment. Every process of a parallel run has one.
var env *drill.Environment

// Of several processes one makes the images; then each finds them present.
var _ = SynchronizedBeforeSuite(func(ctx SpecContext) {
	if suite, _ := GinkgoConfiguration(); suite.ParallelTotal == 1 {
		return
	}
	first, err := drill.Setup(ctx, options(false))
	Expect(err).NotTo(HaveOccurred())
	Expect(first.Close()).To(Succeed())
}, func() {
	var err error
	env, err = drill.Setup(interrupted, options(true))
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(env.Close)
})

func options(early bool) drill.Options {
	catalogue, err := scenario.Builtin()
	Expect(err).NotTo(HaveOccurred())
	o := drill.Options{Catalogue: catalogue, Image: *imageFlag, Logf: logf, Statusf: view.Statusf, Early: early}
	jobs, err := chosen(catalogue)
	Expect(err).NotTo(HaveOccurred())
	for _, j := range jobs {
		o.Drills = append(o.Drills, j.Drill)
	}
	if o.Image == "" {
		o.Versions = versions()
	}
	return o
}

func versions() []string {
	if *versionFlag == "all" {
		return nginx.Versions()
	}
	return strings.Split(*versionFlag, ",")
}

func logf(format string, args ...any) {
	GinkgoWriter.Printf(format+"\n", args...)
	view.Note(format, args...)
}

// stopWithParent ends this process when the program that runs the suite is killed:
// without it nobody would read the results.
func stopWithParent() {
	parent := os.Getppid()
	go func() {
		for range time.Tick(time.Second) {
			if os.Getppid() != parent {
				os.Exit(1)
			}
		}
	}()
}

// patience bounds what hangs. It is for a machine whose process starts are slow.
const patience = 3 * time.Minute

func proxyOf(version string) drill.Proxy {
	for _, p := range env.Proxies {
		if p.Version == version {
			return p
		}
	}
	Fail("no proxy of version " + version)
	return drill.Proxy{}
}
