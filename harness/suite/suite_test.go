//go:build live

// Package suite runs the catalogue, and the life of pods, against a real proxy in Docker.
package suite

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/badgateway/badgateway/containers/nginx"
	"github.com/badgateway/badgateway/harness/drill"
	"github.com/badgateway/badgateway/harness/scenario"
)

var (
	versionFlag  = flag.String("proxy-version", nginx.Newest(), "versions of nginx, separated by commas, or all")
	scenarioFlag = flag.String("scenario", "", "only these, NAME or NAME/VARIANT, separated by commas")
	labelFlag    = flag.String("label", "", "only drills that have all of these labels, separated by commas")
	shardFlag    = flag.String("shard", "", "only a part of the drills, 2/5 is the second of five")
	proofFlag    = flag.Bool("proof", false, "prove each scenario on the newest nginx: reset, mend again, try the other remedies")
	imageFlag    = flag.String("image", "", "an nginx image of your own instead")
	reportFlag   = flag.String("report", "", "directory for the report")
	recordFlag   = flag.String("record", "", "write the evidence of each drill below this directory")
	faultFlag    = flag.String("fault", "", "only this fault, NAME or \"NAME PLACE\"")
	measureFlag  = flag.String("measure", "", "write what was seen of each fault into this directory")
)

func TestLive(t *testing.T) {
	stopWithParent()
	RegisterFailHandler(Fail)
	RunSpecs(t, "badgateway")
}

// env is this process's environment. Every process of a parallel run has one.
var env *drill.Environment

// The images are made by one process; then each finds them present.
var _ = SynchronizedBeforeSuite(func(ctx SpecContext) {
	first, err := drill.Setup(ctx, options())
	Expect(err).NotTo(HaveOccurred())
	Expect(first.Close()).To(Succeed())
}, func(ctx SpecContext) {
	var err error
	env, err = drill.Setup(ctx, options())
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(env.Close)
}, NodeTimeout(20*time.Minute))

func options() drill.Options {
	catalogue, err := scenario.Builtin()
	Expect(err).NotTo(HaveOccurred())
	o := drill.Options{Catalogue: catalogue, Image: *imageFlag, Logf: logf}
	o.Drills, err = chosen(catalogue)
	Expect(err).NotTo(HaveOccurred())
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

func logf(format string, args ...any) { GinkgoWriter.Printf(format+"\n", args...) }

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

// patience bounds one step of a drill.
const patience = time.Minute

func proxyOf(version string) drill.Proxy {
	for _, p := range env.Proxies {
		if p.Version == version {
			return p
		}
	}
	Fail("no proxy of version " + version)
	return drill.Proxy{}
}
