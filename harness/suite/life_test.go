//go:build live

package suite

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"

	"github.com/badgateway/badgateway/containers"
	"github.com/badgateway/badgateway/harness/drill"
)

// command starts the badgateway command as a user would.
func command(ctx SpecContext, args ...string) *gexec.Session {
	program, err := drill.Program(ctx)
	Expect(err).NotTo(HaveOccurred())
	s, err := gexec.Start(exec.Command(program, args...), GinkgoWriter, GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { s.Kill().Wait(patience) })
	return s
}

// containersOf counts the containers of the run whose owner has this PID.
func containersOf(pid int) func(context.Context) (int, error) {
	return counting(func(i containers.Item) bool { return i.Owner.PID == pid })
}

func runningOf(pid int) func(context.Context) (int, error) {
	return counting(func(i containers.Item) bool { return i.Owner.PID == pid && i.Running })
}

func counting(counts func(containers.Item) bool) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		items, err := engine(ctx).List(ctx)
		n := 0
		for _, item := range items {
			if counts(item) {
				n++
			}
		}
		return n, err
	}
}

// guardOf finds the process that guards a run: its child that is called with reap.
func guardOf(pid int) func() int {
	return func() int {
		lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
		for _, list := range lists {
			children, _ := os.ReadFile(list)
			for _, child := range strings.Fields(string(children)) {
				args, _ := os.ReadFile("/proc/" + child + "/cmdline")
				if n, err := strconv.Atoi(child); err == nil && strings.Contains(string(args), "\x00reap\x00") {
					return n
				}
			}
		}
		return 0
	}
}

// engine is a connection of the test's own, for looking only.
func engine(ctx context.Context) *containers.Engine {
	owner, err := containers.Self()
	Expect(err).NotTo(HaveOccurred())
	e, err := containers.Connect(ctx, owner)
	Expect(err).NotTo(HaveOccurred())
	return e
}

var _ = Describe("a run", Label("life"), func() {
	DescribeTable("that ends in the middle leaves nothing",
		func(ctx SpecContext, sig syscall.Signal, status int) {
			s := command(ctx, "scenarios", "run", "--procs=2", "--report="+GinkgoT().TempDir())
			pid := s.Command.Process.Pid
			Eventually(containersOf(pid)).WithContext(ctx).WithPolling(20 * time.Millisecond).Should(BeNumerically(">", 1))
			s.Signal(sig)
			Eventually(s).WithContext(ctx).WithTimeout(patience).Should(gexec.Exit())
			if status != 0 {
				Expect(s).To(gexec.Exit(status))
			}
			Eventually(containersOf(pid)).WithContext(ctx).WithTimeout(30 * time.Second).Should(BeZero())
			Consistently(containersOf(pid)).WithContext(ctx).WithTimeout(time.Second).Should(BeZero())
		},
		Entry("kill -9", syscall.SIGKILL, 0, SpecTimeout(2*patience)),
		Entry("Ctrl-C", syscall.SIGINT, 130, SpecTimeout(2*patience)),
		Entry("SIGTERM", syscall.SIGTERM, 130, SpecTimeout(2*patience)),
	)

	It("writes what was done when it is interrupted", func(ctx SpecContext) {
		dir := GinkgoT().TempDir()
		s := command(ctx, "scenarios", "run", "--procs=1", "--verbose", "--report="+dir)
		Eventually(func() string { return string(s.Out.Contents()) }).WithContext(ctx).Should(ContainSubstring("\nok"))
		s.Interrupt()
		Eventually(s).WithContext(ctx).WithTimeout(patience).Should(gexec.Exit(130))
		data, err := os.ReadFile(filepath.Join(dir, "scenarios.json"))
		Expect(err).NotTo(HaveOccurred())
		Expect(data).To(ContainSubstring(`"verdict": "passed"`))
		Expect(string(s.Out.Contents())).To(MatchRegexp(`interrupted: \d+ of \d+ drills were run`))
	}, SpecTimeout(2*patience))

	// Those that change most of what a pod has beside the proxy's own files: names, addresses, routes, packet filters.
	It("uses a pod and its proxy for further drills, whatever they change", func(ctx SpecContext) {
		s := command(ctx, "scenarios", "run", "--procs=1", "--report="+GinkgoT().TempDir(),
			"name-in-hosts-only", "binds-loopback", "route-prohibited", "filter-reject", "connect-timeout", "wrong-port")
		pid := s.Command.Process.Pid
		seen := map[string]map[string]bool{"sidecar": {}, "proxy": {}}
		for s.ExitCode() < 0 && ctx.Err() == nil {
			items, err := engine(ctx).List(ctx)
			Expect(err).NotTo(HaveOccurred())
			for _, i := range items {
				if i.Owner.PID == pid && seen[i.Role] != nil {
					seen[i.Role][i.ID] = true
				}
			}
			time.Sleep(20 * time.Millisecond)
		}
		Expect(s).To(gexec.Exit(0))
		// One for drills with a real backend, which has a volume for sockets, and one for those without.
		Expect(len(seen["proxy"])).To(BeNumerically("<=", 2))
		Expect(len(seen["sidecar"])).To(BeNumerically("<=", 2))
	}, SpecTimeout(2*patience))

	// Serial: the start of any other run would sweep it.
	It("is ended by its lease when its guard was killed too", Serial, func(ctx SpecContext) {
		s := command(ctx, "scenarios", "run", "keepalive-race/http-tcp", "--procs=1", "--report="+GinkgoT().TempDir())
		pid := s.Command.Process.Pid
		Eventually(runningOf(pid)).WithContext(ctx).WithPolling(20 * time.Millisecond).Should(Equal(2))
		Eventually(guardOf(pid)).WithContext(ctx).Should(BeNumerically(">", 0))
		Expect(syscall.Kill(guardOf(pid)(), syscall.SIGKILL)).To(Succeed())
		s.Kill()
		Eventually(containersOf(pid)).WithContext(ctx).WithTimeout(30 * time.Second).Should(BeZero())
	}, SpecTimeout(2*patience))

	It("leaves a kept pod until it is cleaned", func(ctx SpecContext) {
		s := command(ctx, "scenarios", "run", "wrong-port/http-tcp", "--keep")
		pid := s.Command.Process.Pid
		Eventually(s).WithContext(ctx).WithTimeout(patience).Should(gexec.Exit(0))
		Expect(string(s.Out.Contents())).To(ContainSubstring("(status 502)"))
		Consistently(containersOf(pid)).WithContext(ctx).WithTimeout(time.Second).Should(Equal(2))
		clean := command(ctx, "clean")
		Eventually(clean).WithContext(ctx).WithTimeout(patience).Should(gexec.Exit(0))
		Expect(containersOf(pid)(ctx)).To(BeZero())
	}, SpecTimeout(2*patience), Serial)
})

// errorsIn are the lines of the command's standard error that are no progress.
func errorsIn(s *gexec.Session) (lines []string) {
	for line := range strings.Lines(string(s.Err.Contents())) {
		if !strings.HasPrefix(line, "image ") {
			lines = append(lines, line)
		}
	}
	return lines
}

var _ = Describe("bad input", Label("life"), func() {
	DescribeTable("is one line that says what to do",
		func(ctx SpecContext, status int, says string, args ...string) {
			s := command(ctx, args...)
			Eventually(s).WithContext(ctx).WithTimeout(patience).Should(gexec.Exit(status))
			Expect(errorsIn(s)).To(HaveExactElements(ContainSubstring(says)))
		},
		Entry("an unknown scenario", 2, "did you mean wrong-port", "scenarios", "run", "wrong-portt"),
		Entry("an unknown variant", 2, "known: fastcgi-tcp, grpc-tcp, http-tcp, uwsgi-tcp", "scenarios", "run", "wrong-port/http-udp"),
		Entry("an unknown version", 2, "known: 1.18, 1.22, 1.26, 1.30", "scenarios", "run", "--proxy-version=1.99"),
		Entry("an image that is nowhere", 3, "not present locally", "scenarios", "run", "--image=badgateway-test/none:0"),
		Entry("an unknown flag", 2, "--help", "scenarios", "run", "--bad"),
	)
})
