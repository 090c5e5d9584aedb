//go:build live

package suite

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/harness/sidecar"
)

// checksDir holds a configuration with each mistake that the diagnoser checks for, the same
// after its edit, and some without it.
const checksDir = "../../diagnoser/testdata/checks"

// elsewhere name hosts, users, files or modules that the pod does not have: nginx refuses them for that.
var elsewhere = []string{"name-resolved-once", "proxy-protocol-not-expected", "proxy-protocol-own-listener/good2.conf", "socket-mode", "tls-name-not-sent/bad.conf", "tls-name-not-sent/fixed.conf", "tls-verify-group-name"}

// What the diagnoser says of a configuration is what nginx -t says, and an edit that it proposes is accepted.
var _ = Describe("check", func() {
	if *imageFlag != "" || *scenarioFlag != "" || *faultFlag != "" {
		return
	}
	folders, err := filepath.Glob(checksDir + "/*")
	if err != nil || len(folders) == 0 {
		It("has examples", func() { Expect(folders).NotTo(BeEmpty()) })
		return
	}
	for _, version := range proxies() {
		describeChecks(folders, version)
	}
})

func describeChecks(folders []string, version string) {
	Describe("of nginx "+version, Ordered, ContinueOnFailure, Label("checks", "nginx"), func() {
		var client *sidecar.Client
		BeforeAll(func(ctx SpecContext) {
			pod, err := env.StartPod(ctx, proxyOf(version), nil)
			Expect(err).NotTo(HaveOccurred())
			DeferCleanup(pod.Close)
			client = pod.Client
		}, NodeTimeout(2*patience))
		for _, folder := range folders {
			It(filepath.Base(folder)+" says what nginx -t says", func(ctx SpecContext) {
				files, err := filepath.Glob(folder + "/*.conf")
				Expect(err).NotTo(HaveOccurred())
				for _, file := range files {
					tryConfig(ctx, client, file, version)
				}
			}, SpecTimeout(time.Minute))
		}
	})
}

// tryConfig compares the diagnoser's opinion of one file with nginx's.
func tryConfig(ctx SpecContext, client *sidecar.Client, file, version string) {
	name := strings.TrimPrefix(file, checksDir+"/")
	if slices.ContainsFunc(elsewhere, func(e string) bool { return e == name || e == filepath.Dir(name) }) {
		return
	}
	text, err := os.ReadFile(file)
	Expect(err).NotTo(HaveOccurred())
	err = client.Configure(ctx, sidecar.Config{Files: map[string]string{sidecar.ConfigPath: string(text)}})
	refusal := refusalOf(ctx, string(text), version)
	if refusal == "" {
		Expect(err).NotTo(HaveOccurred(), "%s is refused, and no check says so", name)
		return
	}
	Expect(err).To(MatchError(ContainSubstring(refusal)), "%s", name)
}

// refusalOf is what a check says that nginx -t refuses, up to what it adds in brackets.
func refusalOf(ctx SpecContext, text, version string) string {
	r, err := diagnoser.Read(ctx, evidence.Evidence{Proxy: evidence.Proxy{Version: version},
		Config: []evidence.File{{Path: sidecar.ConfigPath, Text: text}}})
	Expect(err).NotTo(HaveOccurred())
	for _, f := range r.Check(nil, nil).Findings {
		if message, ok := strings.CutPrefix(f.Evidence[0].Text, "nginx -t refuses it: "); ok {
			message, _, _ = strings.Cut(message, " (")
			return message
		}
	}
	return ""
}
