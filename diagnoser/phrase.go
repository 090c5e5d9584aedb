package diagnoser

import (
	"github.com/badgateway/badgateway/diagnoser/edge"
	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// phrasesMax bounds the lines that are looked through for what other gateways say.
const phrasesMax = 2000

// phrased is what a line that is no record of the proxy says of a failed backend.
type phrased struct {
	log   string
	event evidence.Event
}

// keepPhrase reads a line of a log, or of a text beside it, that is no record. A log with
// records is not searched to its end: its phrases will not be asked for.
func (r *Reading) keepPhrase(log string, line int64, text []byte) {
	if line > phrasesMax || len(text) > 4096 || len(r.groups.list) > 0 {
		return
	}
	e, ok := edge.Parse(string(text))
	if !ok {
		return
	}
	e.Line = line
	r.phrases = append(r.phrases, phrased{log, e})
}

// takePhrases lets the phrases stand for a log without any record of the proxy's: where
// it has one, what others say is of other connections.
func (r *Reading) takePhrases() {
	if len(r.groups.list) > 0 || r.summary.UpstreamErrors > 0 {
		return
	}
	for _, p := range r.phrases {
		r.groups.add(p.log, p.event)
		r.summary.UpstreamErrors++
	}
}
