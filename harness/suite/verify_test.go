//go:build live

package suite

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/harness/verify"
)

// recorded is the evidence of a drill.
func recorded(scenario, variant string) (ev evidence.Evidence) {
	GinkgoHelper()
	text, err := os.ReadFile(filepath.Join("../../scenarios", scenario, "recorded", variant+"-1.30.json"))
	Expect(err).NotTo(HaveOccurred())
	Expect(json.Unmarshal(text, &ev)).To(Succeed())
	return ev
}

// sample is the evidence of one of the diagnoser's own cases.
func sample(name string) (ev evidence.Evidence) {
	GinkgoHelper()
	dir := filepath.Join("../../diagnoser/testdata", name)
	if text, err := os.ReadFile(filepath.Join(dir, "evidence.json")); err == nil {
		Expect(json.Unmarshal(text, &ev)).To(Succeed())
	}
	for _, f := range []string{"error.log", "nginx.conf"} {
		text, err := os.ReadFile(filepath.Join(dir, f))
		Expect(err).NotTo(HaveOccurred())
		if f == "error.log" {
			ev.Logs = []evidence.Log{{Name: f, Text: string(text)}}
		} else {
			ev.Config = []evidence.File{{Path: "/etc/nginx/" + f, Text: string(text)}}
		}
	}
	return ev
}

// proposed is the first edit of a cause that is found.
func proposed(ctx SpecContext, ev evidence.Evidence, cause string) (diagnoser.Finding, diagnoser.Remedy) {
	GinkgoHelper()
	report, err := diagnoser.Diagnose(ctx, ev)
	Expect(err).NotTo(HaveOccurred())
	for _, f := range report.Findings {
		for _, r := range f.Remedies {
			if f.Cause == cause && len(r.Edits) > 0 {
				return f, r
			}
		}
	}
	Fail("no edit is proposed for " + cause)
	return diagnoser.Finding{}, diagnoser.Remedy{}
}

var _ = Describe("an edit is tried before it is applied", Label("verify", "nginx"), func() {
	DescribeTable("and mends",
		func(ctx SpecContext, cause string, ev func() evidence.Evidence) {
			e := ev()
			f, r := proposed(ctx, e, cause)
			v, err := verify.Try(ctx, env, f, r, e.Config)
			Expect(err).NotTo(HaveOccurred())
			GinkgoWriter.Println(v.Proof)
			Expect(v.Verified).To(HaveValue(BeTrue()), v.Proof)
			Expect(v.Proof).To(ContainSubstring("without the edit"))
		},
		verified("wrong-port", func() evidence.Evidence { return recorded("wrong-port", "http-tcp") }),
		verified("oversized-header", func() evidence.Evidence { return recorded("oversized-header", "http-unix") }),
		verified("oversized-header", func() evidence.Evidence { return recorded("oversized-header", "fastcgi-tcp") }),
		verified("read-timeout", func() evidence.Evidence { return recorded("read-timeout", "http-tcp") }),
		verified("keepalive-race", func() evidence.Evidence { return recorded("keepalive-race", "http-tcp") }),
		verified("no-live-upstreams", func() evidence.Evidence { return recorded("no-live-upstreams", "http-tcp") }),
		verified("localhost-dual-stack", func() evidence.Evidence { return sample("localhost-dual-stack_v4-only") }),
		verified("sni-missing", func() evidence.Evidence { return named(sample("sni-missing_unrecognized-name")) }),
		verified("tls-scheme-mismatch", func() evidence.Evidence { return sample("tls-scheme-mismatch_plain-port") }),
		verified("tls-scheme-mismatch", func() evidence.Evidence { return recorded("tls-version", "https-tcp") }),
		verified("socket-missing", func() evidence.Evidence { return sample("socket-missing_other-path") }),
		verified("socket-wrong-version", func() evidence.Evidence { return recorded("php-other-version", "fastcgi-unix") }),
		verified("long-poll-timeout", func() evidence.Evidence { return recorded("long-poll", "http-tcp") }),
		verified("keepalive-hang", func() evidence.Evidence { return recorded("keepalive-hang", "http-tcp") }),
		verified("keepalive-hang", func() evidence.Evidence { return recorded("keepalive-hang", "fastcgi-unix") }),
		verified("passive-health-check", func() evidence.Evidence { return recorded("max-fails-single", "fastcgi-tcp") }),
	)

	It("and does not mend when it is another one", func(ctx SpecContext) {
		ev := recorded("no-live-upstreams", "http-tcp")
		f, r := proposed(ctx, ev, "no-live-upstreams")
		at := strings.Index(ev.Config[0].Text, "proxy_pass")
		r.Edits = []diagnoser.Edit{{File: ev.Config[0].Path, Offset: at, New: "proxy_read_timeout 300s; "}}
		v, err := verify.Try(ctx, env, f, r, ev.Config)
		Expect(err).NotTo(HaveOccurred())
		Expect(v.Verified).To(HaveValue(BeFalse()), v.Proof)
	}, SpecTimeout(patience))

	It("or says why it cannot be", func(ctx SpecContext) {
		ev := recorded("oversized-header", "http-tcp")
		f, r := proposed(ctx, ev, "oversized-header")
		ev.Config[0].Text = strings.Replace(ev.Config[0].Text, "http {", "http { brotli on;", 1)
		for i := range r.Edits {
			r.Edits[i].Offset += len(" brotli on;")
		}
		v, err := verify.Try(ctx, env, f, r, ev.Config)
		Expect(err).NotTo(HaveOccurred())
		Expect(v.Verified).To(BeNil())
		Expect(v.Proof).To(And(HavePrefix("not verifiable"), ContainSubstring(`unknown directive "brotli"`)))
	}, SpecTimeout(patience))
})

// named has the pass name its backend: SNI takes no addresses (RFC 6066, 3).
func named(ev evidence.Evidence) evidence.Evidence {
	ev.Config[0].Text = strings.Replace(ev.Config[0].Text, "127.0.0.1:8443", "app.internal:8443", 1)
	return ev
}

func verified(cause string, ev func() evidence.Evidence) TableEntry {
	return Entry(cause, Label(cause), SpecTimeout(2*patience), cause, ev)
}
