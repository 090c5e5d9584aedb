package matchers_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	. "github.com/onsi/gomega"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/faults"
	. "github.com/badgateway/badgateway/simulator/matchers"
)

// In a test the Gomega comes from NewWithT(t), or from Ginkgo.
func Example() {
	g := NewGomega(func(message string, _ ...int) { fmt.Println(message) })
	srv, err := simulator.New(simulator.Config{Listen: "tcp:127.0.0.1:0", Plan: faults.CloseInBody(512)})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(srv.Start()).To(Succeed())
	defer srv.Close()

	res, err := http.Get("http://" + strings.TrimPrefix(srv.Addr(), "tcp:") + "/report")
	g.Expect(err).NotTo(HaveOccurred())
	_, err = io.ReadAll(res.Body)
	g.Expect(err).To(MatchError(io.ErrUnexpectedEOF))

	g.Eventually(srv).Should(HaveEnded(1, simulator.EndFIN, simulator.ByLocal))
	g.Expect(srv).To(HaveServed("/report"))
	g.Expect(srv).To(HaveJournaled(simulator.KindStep, HaveField("Step", "fin")))
	g.Expect(srv).To(HaveNoStrangers())
	fmt.Println("as planned")
	// Output: as planned
}
