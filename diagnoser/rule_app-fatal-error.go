package diagnoser

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "app-fatal-error",
	doc: Doc{
		What: "PHP ended the script at an error that it cannot go on from: an exception that nobody caught, a function that there is not, memory_limit, max_execution_time. " +
			"php-fpm answers 500 by itself, with an empty page where display_errors is off; the gateway passes it on, and is no part of the failure.",
		Confirm: "The access log has the request with 500 and few or no bytes. The same request past the proxy is answered 500 as well.",
		Mends:   "What the line names, in the file and line that it names.",
		Hides:   "error_page in the proxy, a larger memory_limit for a script that needs more with each row, display_errors off.",
		Source:  "php_error_cb (main/main.c): 500 where no header was sent; ngx_http_fastcgi_process_record logs FCGI_STDERR",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Signature != "fastcgi stderr" || !fatalKind(detail(g.Event)) {
			return nil
		}
		o := &opinion{certainty: Likely, check: "the access log's status of the request: 500 is PHP's own"}
		switch { // a note has no phase of its own: nothing of the proxy's failed
		case strings.Contains(g.Message, " while reading response header from upstream"):
			o.evidence = append(o.evidence, fact(fromLog, "no header had come by then: PHP answers 500 itself, and that is no failure of the gateway"))
		case strings.Contains(g.Message, " while reading upstream"):
			o.evidence = append(o.evidence, fact(fromLog, "the header had come already: the client got a page that stops in the middle"))
		}
		in.fatalAgain(g, o)
		in.fatalForDependency(g, o)
		o.remedies = fatalRemedies(g)
		return o
	},
})

// Kinds of fatal errors that PHP names by their text; the others are errors of a program.
const (
	fatalMemory = "Allowed memory size"
	fatalTime   = "Maximum execution time"
	fatalOther  = "PHP Fatal error"
	fatalParse  = "PHP Parse error"
)

func fatalKind(kind string) bool {
	return kind == fatalMemory || kind == fatalTime || kind == fatalOther || kind == fatalParse
}

// fatalAgain judges by the same request past the proxy: what it wrote to stderr and its status.
func (in *inquiry) fatalAgain(g *group, o *opinion) {
	p := in.probe(g)
	if !probed(p, evidence.OK) {
		return
	}
	if p.Status == 500 && stderrKind(p.Stderr) == detail(g.Event) {
		o.certainty = Proved
		o.evidence = append(o.evidence, probeFact(p), fact(fromProbe, "with it came the same error on stderr"))
		return
	}
	if p.Status < 400 && p.Stderr == "" {
		o.against = append(o.against, probeFact(p))
	}
}

// fatalForDependency names what lies behind an exception that nobody caught, where its text tells.
func (in *inquiry) fatalForDependency(g *group, o *opinion) {
	for _, h := range hints {
		if h.cause == "app-dependency-down" && inOrder([]byte(g.Message), h.words) {
			o.also = append(o.also, Alternative{h.cause, h.says, "the service that the error names: does it run, and from the backend's host?"})
			return
		}
	}
}

// scriptLine is where PHP says that it ended: "in /srv/index.php on line 7", of exceptions "in /srv/index.php:7".
var scriptLine = regexp.MustCompile(` in (/[^\s:"]+)(?: on line |:)(\d+)`)

// fatalRemedies are what the application's side must change; a larger limit only moves it.
func fatalRemedies(g *group) []Remedy {
	at := "what the line names"
	if m := scriptLine.FindStringSubmatch(g.Message); m != nil {
		at = m[1] + " line " + m[2]
	}
	logs := "tail -f error.log # while the page is asked for again"
	switch detail(g.Event) {
	case fatalMemory:
		return []Remedy{change(g, "", "", "mend "+at+": let the script hold less in memory at a time", logs),
			mitigates(change(g, "memory_limit", "", "a larger memory_limit, where the script's need has an end", "php_admin_value[memory_limit] = SIZE # in the pool"))[0]}
	case fatalTime:
		return []Remedy{change(g, "", "", "mend "+at+": let the script do less in one request", logs),
			mitigates(change(g, "max_execution_time", "", "a longer max_execution_time", "php_admin_value[max_execution_time] = SECONDS # in the pool"))[0]}
	}
	return []Remedy{change(g, "", "", "mend "+at+": "+cmp.Or(fatalText(g.Message), "the script ends there"), logs)}
}

// fatalText is what PHP says of the error, without its place.
func fatalText(message string) string {
	_, text, ok := strings.Cut(message, " error:")
	if !ok {
		return ""
	}
	if at := scriptLine.FindStringIndex(text); at != nil {
		text = text[:at[0]]
	}
	return strings.TrimSpace(text[:min(len(text), 200)])
}
