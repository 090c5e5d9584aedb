package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/containers/nginx"
	"github.com/badgateway/badgateway/harness/trial"
	"github.com/badgateway/badgateway/simulator/faults"
)

var _ = register(Group{Name: "toxiproxy", Pod: true, Run: compareWithToxiproxy,
	About: `Which of the named faults a general TCP fault proxy can show behind nginx: toxiproxy v2.12.0, run as a library. Each of its toxics (all types, both directions, several
values, and the disabled proxy) stands between nginx and a good upstream, over HTTP, FastCGI and uwsgi, with a GET, a POST of 8 MiB, and on a kept connection that is
poisoned after its first exchange, with a GET and a POST. What the client got and what nginx logged is compared with what the fault is declared to show, as the live suite compares it.
A fault counts for toxiproxy when any toxic shows the same outcome over the same protocol, whatever the socket really did: this is generous. Faults that leave no
trace (the client gets a 200, nginx logs nothing) are not counted. Toxiproxy listens on TCP only, so it has no faults of unix sockets. Every row of the simulator is tried in the same pod.`})

func compareWithToxiproxy(ctx context.Context, s *Sheet) error {
	client := inPod()
	defer client.Close()
	version := nginx.Newest()
	rows, trials := trial.Rows(), toxicTrials()
	all := slices.Clone(rows)
	for _, t := range trials {
		all = append(all, t.row)
	}
	pod := trial.Inside(client, version)
	if err := pod.Configure(ctx, all); err != nil {
		return err
	}
	ours := pod.TryAll(ctx, rows)
	if err := tryToxics(ctx, s, pod, trials); err != nil {
		return err
	}
	reset, err := resetOfEstablished()
	if err != nil {
		return err
	}
	writeComparison(s, version, rows, ours, trials)
	s.Note("A client of toxiproxy with an established connection, on which `reset_peer` is then set and a request sent, reads: " + reset + ".")
	return nil
}

// comparison is what can show a fault at its places.
type comparison struct {
	places, ours, theirs int
	toxics               []string
}

func writeComparison(s *Sheet, version string, rows []trial.Row, ours []trial.Result, trials []*toxicTrial) {
	table := map[string]*comparison{}
	var names []string
	total := comparison{}
	for i, r := range rows {
		want, ok := r.Fault.Expect(r.Place, version)
		if !ok || want.Answer() == "200" && want.Log == "" {
			continue
		}
		c := table[r.Fault.Name]
		if c == nil {
			c = &comparison{}
			table[r.Fault.Name], names = c, append(names, r.Fault.Name)
		}
		c.places, total.places = c.places+1, total.places+1
		if ours[i].Err == nil && len(trial.Compare(r, version, ours[i].Seen)) == 0 {
			c.ours, total.ours = c.ours+1, total.ours+1
		} else {
			s.Logf("%s: %v %v", r, ours[i].Err, trial.Compare(r, version, ours[i].Seen))
		}
		if toxic := shownBy(r.Place, want, trials); toxic != "" {
			c.theirs, total.theirs = c.theirs+1, total.theirs+1
			if !slices.Contains(c.toxics, toxic) {
				c.toxics = append(c.toxics, toxic)
			}
		}
	}
	s.Row("faults with a trace, at all places", float64(total.places), "", None)
	s.Row("of these shown by the simulator", float64(total.ours), "", AtLeast(float64(total.places)))
	s.Row("of these shown by a toxic", float64(total.theirs), "", None)
	named := 0
	for _, c := range table {
		named += min(c.theirs, 1)
	}
	s.Row("names of faults", float64(len(names)), "", None)
	s.Row("of these shown by a toxic anywhere", float64(named), "", None)
	s.Row("toxics tried, each at a place and in a way", float64(len(trials)), "", None)
	s.Note(comparisonTable(names, table))
}

// shownBy finds a toxic with the fault's outcome at the fault's place.
func shownBy(p faults.Place, want faults.Outcome, trials []*toxicTrial) string {
	for _, t := range trials {
		if t.err == nil && t.row.Place == p && trial.Shows(want, t.seen) {
			return t.toxic.name
		}
	}
	return ""
}

func comparisonTable(names []string, table map[string]*comparison) string {
	var b strings.Builder
	b.WriteString("| fault | places | simulator | toxiproxy | shown by |\n| --- | ---: | ---: | ---: | --- |\n")
	for _, name := range names {
		c := table[name]
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %s |\n", name, c.places, c.ours, c.theirs, strings.Join(c.toxics, ", "))
	}
	return b.String()
}
