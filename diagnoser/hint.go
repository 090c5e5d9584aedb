package diagnoser

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// hint is a line of a backend's or the kernel's log that is known to name a cause.
type hint struct {
	cause string
	words []string // all of them stand in the line, in this order
	says  string
}

var hints = []hint{
	{"worker-timeout", []string{"WORKER TIMEOUT (pid"}, "gunicorn ended a worker that took longer than its --timeout"},
	{"worker-timeout", []string{"HARAKIRI"}, "uWSGI ended a worker that took longer than its harakiri"},
	{"worker-timeout", []string{"execution timed out (", "terminating"}, "php-fpm ended a worker at request_terminate_timeout"},
	{"worker-pool-exhausted", []string{"reached", "max_children"}, "php-fpm had no free worker and may start no more"},
	{"worker-pool-exhausted", []string{"reached MaxRequestWorkers"}, "Apache had no free worker and may start no more"},
	{"worker-killed-oom", []string{"was sent SIGKILL", "out of memory"}, "gunicorn saw a worker killed"},
	{"worker-killed-oom", []string{"ut of memory: Kill"}, "the kernel killed a process for memory"},
	{"worker-killed-oom", []string{"oom-kill:"}, "the kernel killed a process for memory"},
	{"worker-killed-oom", []string{"OOMKilled"}, "the container was killed at its memory limit"},
	{"worker-crash", []string{"child ", "exited on signal 11"}, "a worker died of a segmentation fault"},
	{"worker-crash", []string{"JavaScript heap out of memory"}, "Node.js ended at its heap's limit"},
	{"backend-request-header-limit", []string{"invalid request block size:", "(max "}, "uWSGI refused a request whose header is larger than its buffer-size"},
	{"resolver-unreachable", []string{"could not be resolved (110"}, "no answer came from the resolver"},
	{"conntrack-table-full", []string{"conntrack: table full, dropping packet"}, "the kernel's connection tracking dropped packets"},
	{"app-dependency-down", []string{"SQLSTATE[HY000] [2002]"}, "the application could not reach its database"},
	{"app-dependency-down", []string{"Can't connect to MySQL server"}, "the application could not reach its database"},
	{"app-dependency-down", []string{"could not connect to server:"}, "the application could not reach its database"},
	{"app-dependency-down", []string{"connect ECONNREFUSED"}, "the application could not reach what it depends on"},
	{"worker-exits-max-requests", []string{"Autorestarting worker after current request"}, "gunicorn ended a worker at --max-requests"},
}

// seen is the first line that gave a hint, and how many did.
type seen struct {
	hint
	text, ref string
	count     int
}

// look keeps what a line says. An access log's line is passed over: clients write in it.
func (r *Reading) look(name string, line int64, text []byte) {
	if bytes.Contains(text, []byte(" HTTP/")) {
		return
	}
	r.hear(name, line, text)
	for _, h := range hints {
		if !inOrder(text, h.words) {
			continue
		}
		if r.seen == nil {
			r.seen = map[string]*seen{}
		}
		if s := r.seen[h.cause]; s != nil {
			s.count++
		} else {
			ref := fmt.Sprintf("%s:%d", name, line)
			r.seen[h.cause] = &seen{hint: h, text: strings.TrimSpace(string(text[:min(len(text), 300)])), ref: ref, count: 1}
		}
		return
	}
}

func inOrder(text []byte, words []string) bool {
	for _, w := range words {
		i := bytes.Index(text, []byte(w))
		if i < 0 {
			return false
		}
		text = text[i+len(w):]
	}
	return true
}

// readText looks through a text of which nothing is known, line by line.
func (r *Reading) readText(ctx context.Context, log evidence.Log) error {
	_, err := eachLine(ctx, log, func(line []byte, n int64) {
		r.look(log.Name, n, line)
		r.keepAddresses(line)
		r.lookSetting(log.Name, n, line)
	})
	return err
}

// hinted makes the opinion that a backend's or the kernel's own log names the cause; nil
// where none does. The line may be of another request: it makes the cause likely.
func (in *inquiry) hinted(cause, check string) *opinion {
	s := in.seen[cause]
	if s == nil {
		return in.heard(cause, check)
	}
	text := s.says + ": " + s.text
	if s.count > 1 {
		text = fmt.Sprintf("%s (%d times)", text, s.count)
	}
	return &opinion{certainty: Likely, weight: 4, check: check, evidence: []Fact{{Source: fromBackend, Text: text, Ref: s.ref}}}
}
