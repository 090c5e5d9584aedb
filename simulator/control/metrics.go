package control

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/simulator"
)

// metricsType is the media type of Prometheus' text form, version 0.0.4.
const metricsType = "text/plain; version=0.0.4; charset=utf-8"

func (h handler) metrics(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", metricsType)
	_, _ = w.Write([]byte(metricsText(h.srv.Name(), h.srv.Metrics())))
}

// exposition writes families in Prometheus' text form.
type exposition struct {
	strings.Builder
	upstream string // a label of every sample
}

func metricsText(name string, m simulator.Metrics) string {
	x := &exposition{upstream: name}
	x.family("connections_accepted_total", "counter", "Connections taken out of the accept queue.")
	x.sample("connections_accepted_total", float64(m.Accepted))
	x.family("connections_open", "gauge", "Connections open now.")
	x.sample("connections_open", float64(m.Open))
	x.family("connections_closed_total", "counter", "Connections by who ended them and how.")
	for _, c := range slices.SortedFunc(maps.Keys(m.Closed), func(a, b simulator.Closing) int {
		return cmp.Or(cmp.Compare(a.By, b.By), cmp.Compare(a.End, b.End))
	}) {
		x.sample("connections_closed_total", float64(m.Closed[c]), "by", c.By, "end", c.End)
	}
	x.family("exchanges_total", "counter", "Exchanges by the rule that they met.")
	for _, rule := range slices.Sorted(maps.Keys(m.Exchanges)) {
		x.sample("exchanges_total", float64(m.Exchanges[rule]), "rule", rule)
	}
	x.family("read_bytes_total", "counter", "Bytes read from peers.")
	x.sample("read_bytes_total", float64(m.Read))
	x.family("written_bytes_total", "counter", "Bytes the kernel took for peers.")
	x.sample("written_bytes_total", float64(m.Written))
	x.lateness(m.Lateness)
	x.state(m)
	return x.String()
}

func (x *exposition) lateness(h simulator.Histogram) {
	x.family("step_lateness_seconds", "histogram", "How long after their time scheduled delays ended.")
	sum := uint64(0)
	for i, n := range h.Counts {
		sum += n
		bound := "+Inf"
		if i < len(simulator.LatenessBounds) {
			bound = strconv.FormatFloat(simulator.LatenessBounds[i].Seconds(), 'g', -1, 64)
		}
		x.sample("step_lateness_seconds_bucket", float64(sum), "le", bound)
	}
	x.sample("step_lateness_seconds_sum", h.Sum.Seconds())
	x.sample("step_lateness_seconds_count", float64(sum))
}

func (x *exposition) state(m simulator.Metrics) {
	x.family("accept_queue_depth", "gauge", "Connections in the accept queue, as the kernel counts them.")
	if m.Queue != nil {
		x.sample("accept_queue_depth", float64(m.Queue.Depth))
	}
	x.family("accept_queue_limit", "gauge", "Length of the accept queue; the kernel lets one more in.")
	if m.Queue != nil {
		x.sample("accept_queue_limit", float64(m.Queue.Limit))
	}
	x.family("plan_generation", "gauge", "Number of the plan that new connections get.")
	x.sample("plan_generation", float64(m.Generation))
	x.family("journal_entries_total", "counter", "Entries of the journal, those dropped included.")
	x.sample("journal_entries_total", float64(m.Entries))
	x.family("gate_waiting", "gauge", "Connections that a gate holds back.")
	for _, gate := range slices.Sorted(maps.Keys(m.Waiting)) {
		x.sample("gate_waiting", float64(m.Waiting[gate]), "gate", gate)
	}
}

const prefix = "badgateway_upstream_"

func (x *exposition) family(name, kind, help string) {
	fmt.Fprintf(x, "# HELP %s%s %s\n# TYPE %s%s %s\n", prefix, name, help, prefix, name, kind)
}

// sample writes one line; labels are names and values by turns.
func (x *exposition) sample(name string, value float64, labels ...string) {
	if x.upstream != "" {
		labels = append([]string{"upstream", x.upstream}, labels...)
	}
	x.WriteString(prefix + name)
	for i := 0; i < len(labels); i += 2 {
		x.WriteString(map[bool]string{true: "{", false: ","}[i == 0] + labels[i] + `="` + escapeLabel.Replace(strings.ToValidUTF8(labels[i+1], "\uFFFD")) + `"`)
	}
	if len(labels) > 0 {
		x.WriteString("}")
	}
	x.WriteString(" " + strconv.FormatFloat(value, 'g', -1, 64) + "\n")
}

// escapeLabel writes a label's value as the text form wants it.
var escapeLabel = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
