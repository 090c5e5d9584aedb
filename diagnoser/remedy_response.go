package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// wrongHeader says what the application must send in place of the header that a signature refuses.
var wrongHeader = map[string]string{
	"invalid header":        "a header whose lines are NAME: VALUE, with no space in the name and no control byte in the value",
	"duplicate header":      "each of Content-Length, Date, Location once only",
	"two lengths":           "Content-Length or Transfer-Encoding, not both (RFC 9112, 6.1)",
	"bad transfer encoding": "no Transfer-Encoding but chunked",
	"bad length":            "a Content-Length that is one decimal number",
	"invalid status":        "a Status of three digits, as in Status: 200 OK",
	"not http":              "a status line such as HTTP/1.1 200 OK",
	"early hints":           "early hints only in HTTP/1.1",
}

// wrongResponse proves by a direct request that met the same, and proposes what the application must send instead.
func (in *inquiry) wrongResponse(g *group, o *opinion, instead string, outcomes ...string) {
	if p := in.probe(g); probed(p, outcomes...) && p.Phase == g.Phase {
		o.certainty = Proved
		o.evidence = append(o.evidence, probeFact(p))
	}
	if g.known() && instead != "" {
		o.remedies = []Remedy{g.change("", "", "let the application send "+instead,
			"curl -sv --http1.1 past the proxy # shows what it sends now", "systemctl restart APP; docker restart CONTAINER # once it is mended")}
	}
}

// withoutOutput judges a FastCGI request that ended before any line of output. What the application wrote to
// stderr, or the protocol's status, tells why.
func (in *inquiry) withoutOutput(g *group, o *opinion) {
	p := in.probe(g)
	if p == nil || p.Phase != evidence.ReadingHeader || overloaded(p) || !strings.Contains(p.Note, "FastCGI record: 3") && !strings.Contains(p.Note, "FastCGI stdout closed") {
		return
	}
	o.certainty, o.weight = Proved, 2
	o.evidence = append(o.evidence, probeFact(p))
	if text, _, _ := strings.Cut(strings.TrimSpace(p.Stderr), "\n"); text != "" {
		o.evidence = append(o.evidence, fact(fromProbe, "it wrote to stderr: %s", text))
	}
	o.remedies = []Remedy{g.change("", "", "mend what the application's stderr names; it ended before its first line of output",
		"journalctl -u php-fpm; tail the pool's error_log", "docker logs CONTAINER", "php -l SCRIPT")}
}

// overloaded tells whether a FastCGI server refused the request by the protocol's own status (FastCGI
// specification, 5.5).
func overloaded(p *evidence.Probe) bool {
	return p != nil && strings.Contains(p.Note, "FastCGI protocol status ")
}
