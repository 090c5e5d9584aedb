// Package edge reads what other gateways, clients and pages say of a failed
// backend: Envoy, Traefik, Caddy and all else that is written in Go, Node.js,
// Cloudflare's error pages, load balancers. It is asked only where a log holds no
// record of the proxy that it is said to be of.
package edge

import (
	"regexp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// phrase is one such saying. The first group of words, if any, is the backend's address.
type phrase struct {
	words     *regexp.Regexp
	phase     string
	outcome   string
	errno     int
	signature string
	timer     bool
	status    int
}

// phrases is in order: the first that fits counts.
var phrases = append(append(append([]phrase{}, goPhrases...), pagePhrases...), loosePhrases...)

// Parse reads one line. It answers false for one that says nothing of a failed backend.
func Parse(text string) (evidence.Event, bool) {
	for i := range phrases {
		p := &phrases[i]
		m := p.words.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		e := evidence.Event{Phase: p.phase, Outcome: p.outcome, Errno: p.errno, Signature: p.signature, Timer: p.timer, Status: p.status,
			Message: strings.TrimSpace(text), Text: text}
		if e.Signature == "" {
			e.Signature = "phrase"
		}
		if e.Status == 0 {
			e.Status = 502
			if e.Timer {
				e.Status = 504
			}
		}
		if len(m) > 1 && m[1] != "" {
			e.Upstream = upstream(text, m[1])
		}
		return e, true
	}
	return evidence.Event{}, false
}

// upstream writes an address as nginx does. What a proxy in Go dials is HTTP for all that it says.
func upstream(text, address string) string {
	switch {
	case strings.HasPrefix(address, "/"):
		return "http://unix:" + address + ":"
	case strings.Contains(text, "https://"+address):
		return "https://" + address
	}
	return "http://" + address
}
