// Package matchers asserts what a simulator saw and did, in Gomega's words. All
// matchers look at the journal: their subject is a *simulator.Server, or anything else with its
// Journal method, or a list of entries. They work at once and with Eventually and Consistently:
//
//	Expect(srv).To(HaveServed("/cart"))
//	Eventually(srv).Should(HaveEnded(2, simulator.EndRST))
//	Eventually(srv).Should(HaveJournaled(simulator.KindClose, HaveField("By", simulator.ByPeer)))
//	Consistently(srv).Should(HaveNoStrangers())
//
// Entries and OfConn lead on to Gomega's own matchers:
//
//	Expect(srv).To(WithTransform(OfConn(1), ContainElement(HaveField("Errno", "ECONNRESET"))))
//
// A failure shows the journal.
package matchers
