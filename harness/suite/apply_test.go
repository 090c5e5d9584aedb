//go:build live

package suite

import (
	"os"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/badgateway/badgateway/harness/drill"
	"github.com/badgateway/badgateway/harness/scenario"
	"github.com/badgateway/badgateway/harness/sidecar"
)

// broken is a proxy whose backend answers with a header that is too big.
type broken struct {
	pod    *drill.Pod
	client *sidecar.Client
	conf   string
}

func breakProxy(ctx SpecContext, header string) *broken {
	GinkgoHelper()
	conf, err := os.ReadFile("../../scenarios/oversized-header/http-tcp.conf")
	Expect(err).NotTo(HaveOccurred())
	pod, err := env.StartPod(ctx, env.Proxies[len(env.Proxies)-1], nil)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(pod.Close)
	b := &broken{pod, pod.Client, string(conf)}
	Expect(b.client.Start(ctx, "app", sidecar.Upstream{Listen: "tcp:127.0.0.1:9000", Protocol: "http",
		Plan: "default: [{respond: {status: 200, header_of: {X-Session: " + header + "}}}]"})).To(Succeed())
	Expect(b.client.Configure(ctx, sidecar.Config{Files: map[string]string{sidecar.ConfigPath: b.conf}})).To(Succeed())
	Expect(b.status(ctx)).To(Equal(502))
	return b
}

func (b *broken) status(ctx SpecContext) int {
	GinkgoHelper()
	seen, err := b.client.Probe(ctx, sidecar.Look{Request: scenario.Request{Path: "/"}, Tag: "apply"})
	Expect(err).NotTo(HaveOccurred())
	return seen.Status
}

func (b *broken) text(ctx SpecContext) string {
	GinkgoHelper()
	text, err := b.client.Config(ctx)
	Expect(err).NotTo(HaveOccurred())
	return text
}

func (b *broken) apply(ctx SpecContext, args ...string) (out string, status int) {
	GinkgoHelper()
	out, status, err := b.pod.Exec(ctx, append([]string{"diagnose", "--live", "--root=" + b.pod.Root, "--apply", "--watch=1500ms",
		"--check-url=http://127.0.0.1:8080/"}, args...)...)
	Expect(err).NotTo(HaveOccurred())
	GinkgoWriter.Println(out)
	return out, status
}

var _ = Describe("diagnose --live --apply beside a real nginx", Label("apply", "nginx"), func() {
	It("mends it, and a second time does nothing", func(ctx SpecContext) {
		b := breakProxy(ctx, "10KiB")
		out, status := b.apply(ctx)
		Expect(status).To(BeZero(), out)
		Expect(out).To(And(ContainSubstring("502 oversized-header"), ContainSubstring("nginx -t -q -c /etc/nginx/nginx.conf: ok"), ContainSubstring("new workers"), ContainSubstring("answers 200")))
		Expect(b.status(ctx)).To(Equal(200))
		mended := b.text(ctx)
		Expect(mended).NotTo(Equal(b.conf))
		out, status = b.apply(ctx)
		Expect(status).To(BeZero(), out)
		Expect(out).To(ContainSubstring("applied before"))
		Expect(b.text(ctx)).To(Equal(mended))
	}, SpecTimeout(patience))

	It("changes nothing in a dry run", func(ctx SpecContext) {
		b := breakProxy(ctx, "10KiB")
		out, status := b.apply(ctx, "--dry-run")
		Expect(status).To(Equal(1), out)
		Expect(out).To(ContainSubstring("Dry run; nothing is changed"))
		Expect(b.text(ctx)).To(Equal(b.conf))
		Expect(b.status(ctx)).To(Equal(502))
	}, SpecTimeout(patience))

	It("rolls back when nginx -t fails", func(ctx SpecContext) {
		b := breakProxy(ctx, "10KiB")
		bad := strings.Replace(b.conf, "http {", "http {\n    brotli on;", 1)
		Expect(b.client.Files(ctx, []scenario.File{{Path: sidecar.ConfigPath, Text: bad}})).To(Succeed())
		out, status := b.apply(ctx)
		Expect(status).To(Equal(1), out)
		Expect(out).To(And(ContainSubstring(`unknown directive "brotli"`), ContainSubstring("rolled back")))
		Expect(b.text(ctx)).To(Equal(bad))
		Expect(b.status(ctx)).To(Equal(502))
	}, SpecTimeout(patience))

	It("rolls back when the log shows it again", func(ctx SpecContext) {
		b := breakProxy(ctx, "200KiB")
		out, status := b.apply(ctx)
		Expect(status).To(Equal(1), out)
		Expect(out).To(And(ContainSubstring("the log shows it again: oversized-header"), ContainSubstring("rolled back")))
		Expect(b.text(ctx)).To(Equal(b.conf))
	}, SpecTimeout(patience))
})
