package matchers

import (
	"fmt"
	"strings"

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/badgateway/badgateway/simulator"
)

// HaveReceived holds when a request for the path came. A path without "?" stands for any query.
func HaveReceived(path string) types.GomegaMatcher {
	return matcher(func(entries []simulator.Entry) (bool, error) {
		return some(entries, func(e simulator.Entry) (bool, error) { return requests(e, path), nil })
	}, "have received a request for %s", path)
}

// HaveServed holds when a request for the path came, and at least a byte of an answer to it was written without an error.
func HaveServed(path string) types.GomegaMatcher {
	return matcher(func(entries []simulator.Entry) (bool, error) {
		type exchange struct {
			conn uint64
			n    int
		}
		asked := map[exchange]bool{}
		return some(entries, func(e simulator.Entry) (bool, error) {
			key := exchange{e.Conn, e.Exchange}
			asked[key] = asked[key] || requests(e, path)
			return asked[key] && e.Kind == simulator.KindWrite && e.Bytes > 0 && e.Errno == "", nil
		})
	}, "have served %s", path)
}

func requests(e simulator.Entry, path string) bool {
	if e.Kind != simulator.KindRequest {
		return false
	}
	without, _, _ := strings.Cut(e.Path, "?")
	return e.Path == path || without == path
}

// HaveEnded holds when the n-th connection ended so: simulator.EndFIN, EndRST or EndVanish. With
// by, one of simulator.ByLocal, ByPeer and ByStop, it must also have been ended by that side.
func HaveEnded(conn uint64, end string, by ...string) types.GomegaMatcher {
	who := ""
	if len(by) > 0 {
		who = ", by " + strings.Join(by, " or ")
	}
	return matcher(func(entries []simulator.Entry) (bool, error) {
		return some(entries, func(e simulator.Entry) (bool, error) {
			return e.Kind == simulator.KindClose && e.Conn == conn && e.End == end && (len(by) == 0 || contains(by, e.By)), nil
		})
	}, "have ended connection %d by %s%s", conn, strings.ToUpper(end), who)
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// HaveAccepted holds when so many connections were accepted; count is a number or a matcher on an int.
func HaveAccepted(count any) types.GomegaMatcher {
	wanted := "as many connections as asked"
	m, ok := count.(types.GomegaMatcher)
	if !ok {
		m, wanted = gomega.BeNumerically("==", count), fmt.Sprintf("%v connections", count)
	}
	return matcher(func(entries []simulator.Entry) (bool, error) {
		n := 0
		for _, e := range entries {
			if e.Kind == simulator.KindAccept {
				n++
			}
		}
		return m.Match(n)
	}, "have accepted %s", wanted)
}

// HaveRefused holds when nothing listens at present, so that the kernel refuses who connects: after a plan with refuse, stale,
// missing or path_is, after Refuse, and where the listener was killed.
func HaveRefused() types.GomegaMatcher {
	down := map[string]bool{"refuse": true, "stale": true, "missing": true, "killed": true, "regular": true, "datagram": true}
	return matcher(func(entries []simulator.Entry) (bool, error) {
		state := ""
		for _, e := range entries {
			if e.Kind == simulator.KindEndpoint {
				state = e.Text
			}
		}
		return down[state], nil
	}, "refuse connections")
}

// ReachStep holds when a script came to the step of this name, such as "hang" or "rst", on any connection.
func ReachStep(name string) types.GomegaMatcher {
	return matcher(func(entries []simulator.Entry) (bool, error) {
		return some(entries, func(e simulator.Entry) (bool, error) { return e.Kind == simulator.KindStep && e.Step == name, nil })
	}, "have reached the step %s", name)
}

// HaveJournaled holds when there is an entry of the kind that satisfies all of the
// matchers, which look at a simulator.Entry: HaveField("Errno", "ECONNRESET").
func HaveJournaled(kind string, having ...types.GomegaMatcher) types.GomegaMatcher {
	all := gomega.SatisfyAll(having...)
	extra := ""
	if len(having) > 0 {
		extra = " that satisfies what is asked of it"
	}
	return matcher(func(entries []simulator.Entry) (bool, error) {
		return some(entries, func(e simulator.Entry) (bool, error) {
			if e.Kind != kind || len(having) == 0 {
				return e.Kind == kind, nil
			}
			return all.Match(e)
		})
	}, "have an entry of kind %s%s", kind, extra)
}

// HaveNoStrangers holds when nothing happened that the plan does not know: no exchange that a strict
// plan has no rule for, nothing that is no request, and no step without its effect.
func HaveNoStrangers() types.GomegaMatcher {
	return matcher(func(entries []simulator.Entry) (bool, error) {
		found, err := some(entries, func(e simulator.Entry) (bool, error) {
			return e.Kind == simulator.KindUnscripted || e.Kind == simulator.KindMalformed || e.Kind == simulator.KindFailed, nil
		})
		return !found, err
	}, "have no entry of kind %s, %s or %s", simulator.KindUnscripted, simulator.KindMalformed, simulator.KindFailed)
}
