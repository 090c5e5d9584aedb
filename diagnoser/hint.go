package diagnoser

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/appserver"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/paste"
)

// hint is a line of a backend's or the kernel's log that is known to name a cause: by its words, as people quote it
// too, or by what the form of a server's log makes it (package appserver).
type hint struct {
	cause string
	words []string // all of them stand in the line, in this order
	says  string
	what  string // a word of evidence.BackendEvent, in place of words
}

// hints is in order: of the words that fit, the first count.
var hints = []hint{
	{cause: "worker-timeout", words: []string{"WORKER TIMEOUT (pid"}, says: "gunicorn ended a worker that took longer than its --timeout"},
	{cause: "worker-timeout", words: []string{"HARAKIRI"}, says: "uWSGI ended a worker that took longer than its harakiri"},
	{cause: "worker-timeout", words: []string{"execution timed out (", "terminating"}, says: "php-fpm ended a worker at request_terminate_timeout"},
	{cause: "worker-pool-exhausted", words: []string{"reached", "max_children"}, says: "php-fpm had no free worker and may start no more"},
	{cause: "worker-pool-exhausted", words: []string{"reached MaxRequestWorkers"}, says: "Apache had no free worker and may start no more"},
	{cause: "worker-killed-oom", words: []string{"was sent SIGKILL", "out of memory"}, says: "gunicorn saw a worker killed"},
	{cause: "worker-killed-oom", words: []string{"ut of memory: Kill"}, says: "the kernel killed a process for memory"},
	{cause: "worker-killed-oom", words: []string{"oom-kill:"}, says: "the kernel killed a process for memory"},
	{cause: "worker-killed-oom", words: []string{"OOMKilled"}, says: "the container was killed at its memory limit"},
	{cause: "worker-crash-segfault", words: []string{"exited on signal 11"}, says: "a worker died of a segmentation fault"},
	{cause: "worker-crash-segfault", words: []string{"segfault at "}, says: "a process died of a segmentation fault"},
	{cause: "worker-crash-segfault", words: []string{"due to signal 11"}, says: "a worker died of a segmentation fault"},
	{cause: "worker-crash-segfault", words: []string{"AH00052", "Segmentation fault"}, says: "a child of Apache died of a segmentation fault"},
	{cause: "worker-crash", words: []string{"child ", "exited on signal "}, says: "a worker died on a signal"},
	{cause: "worker-crash", words: []string{"DAMN ! worker"}, says: "a worker of uWSGI died"},
	{cause: "worker-crash", words: []string{"Worker ", "was terminated due to signal"}, says: "a worker of gunicorn died on a signal"},
	{cause: "worker-crash", words: []string{"Worker failed to boot"}, says: "a worker of gunicorn ended while it started"},
	{cause: "worker-crash", words: []string{"panic: "}, says: "the backend ended with a panic"},
	{cause: "worker-crash", words: []string{"panic serving "}, says: "the backend's handler ended with a panic"},
	{cause: "worker-crash", words: []string{"app crashed"}, says: "the backend crashed"},
	{cause: "worker-crash", words: []string{"triggerUncaughtException"}, says: "Node.js ended at an error that nobody caught"},
	{cause: "worker-crash", words: []string{"Unhandled 'error' event"}, says: "Node.js ended at an error that nobody caught"},
	{cause: "worker-crash", words: []string{"nhandled exception. System."}, says: ".NET ended at an exception that nobody caught"},
	{cause: "worker-crash", words: []string{"java.lang.OutOfMemoryError"}, says: "Java's heap is full"},
	{cause: "worker-crash", words: []string{"fatal error: all goroutines are asleep"}, says: "the backend ended: all its goroutines were asleep"},
	{cause: "worker-crash", words: []string{"JavaScript heap out of memory"}, says: "Node.js ended at its heap's limit"},
	{cause: "protocol-mismatch", words: []string{"invalid request block size: 21573 ("}, says: "uWSGI read the ET of GET as a length: the proxy asks in HTTP"},
	{cause: "protocol-mismatch", words: []string{"invalid request block size: 21327 ("}, says: "uWSGI read the OS of POST as a length: the proxy asks in HTTP"},
	{cause: "protocol-mismatch", words: []string{"invalid request block size: 16709 ("}, says: "uWSGI read the EA of HEAD as a length: the proxy asks in HTTP"},
	{cause: "protocol-mismatch", words: []string{"invalid request block size: 21589 ("}, says: "uWSGI read the UT of PUT as a length: the proxy asks in HTTP"},
	{cause: "protocol-mismatch", words: []string{"invalid request block size: 21584 ("}, says: "uWSGI read the PT of OPTIONS as a length: the proxy asks in HTTP"},
	{cause: "backend-request-header-limit", words: []string{"invalid request block size:", "(max "}, says: "uWSGI refused a request whose header is larger than its buffer-size"},
	{cause: "tls-scheme-mismatch", words: []string{"SSL routines", "http request"}, says: "a server that speaks TLS was asked in plain text"},
	{cause: "tls-scheme-mismatch", words: []string{"first record does not look like a TLS handshake"}, says: "a server that speaks TLS was asked in plain text"},
	{cause: "tls-scheme-mismatch", words: []string{"client sent an HTTP request to an HTTPS server"}, says: "a server that speaks TLS was asked in plain text"},
	{cause: "tls-scheme-mismatch", words: []string{"ERR_SSL_HTTP_REQUEST"}, says: "a server that speaks TLS was asked in plain text"},
	{cause: "tls-scheme-mismatch", words: []string{"Unrecognized SSL message, plaintext connection"}, says: "a server that speaks TLS was asked in plain text"},
	{cause: "tls-scheme-mismatch", words: []string{"SSLV3_ALERT_", "HTTP_REQUEST"}, says: "a server that speaks TLS was asked in plain text"},
	{cause: "tls-scheme-mismatch", words: []string{"over HTTPS, but it only supports HTTP"}, says: "a server without TLS was asked with it"},
	{cause: "tls-scheme-mismatch", words: []string{"open an SSL connection to a non-SSL"}, says: "a server without TLS was asked with it"},
	{cause: "tls-scheme-mismatch", words: []string{"Invalid character found in method name [0x16"}, says: "a server without TLS was asked with it"},
	{cause: "tls-scheme-mismatch", words: []string{"code 400, message Bad request", `\x`}, says: "a server without TLS was asked with it"},
	{cause: "tls-scheme-mismatch", words: []string{`"\x16\x03`, " 400 "}, says: "a server without TLS was asked with it"},
	{cause: "resolver-unreachable", words: []string{"could not be resolved (110"}, says: "no answer came from the resolver"},
	{cause: "conntrack-table-full", words: []string{"conntrack: table full, dropping packet"}, says: "the kernel's connection tracking dropped packets"},
	{cause: "app-dependency-down", words: []string{"SQLSTATE[HY000] [2002]"}, says: "the application could not reach its database"},
	{cause: "app-dependency-down", words: []string{"Can't connect to MySQL server"}, says: "the application could not reach its database"},
	{cause: "app-dependency-down", words: []string{"connection to server at ", " failed: "}, says: "the application could not reach its database"},
	{cause: "app-dependency-down", words: []string{"could not connect to server:"}, says: "the application could not reach its database"},
	{cause: "app-dependency-down", words: []string{"connect ECONNREFUSED"}, says: "the application could not reach what it depends on"},
	{cause: "app-dependency-down", words: []string{"OperationalError"}, says: "the application could not reach its database"},
	{cause: "app-dependency-down", words: []string{"Communications link failure"}, says: "the application could not reach its database"},
	{cause: "app-dependency-down", words: []string{"CannotConnectError"}, says: "the application could not reach its cache"},
	{cause: "app-dependency-down", words: []string{"PG::ConnectionBad"}, says: "the application could not reach its database"},
	{cause: "app-dependency-down", words: []string{"Mysql2::Error::ConnectionError"}, says: "the application could not reach its database"},
	{cause: "app-dependency-down", words: []string{"Connection is not available, request timed out"}, says: "the application's pool of database connections is empty"},
	{cause: "app-dependency-down", words: []string{"QueuePool limit of size"}, says: "the application's pool of database connections is empty"},
	{cause: "app-dependency-down", words: []string{"SQLSTATE[08006]"}, says: "the application could not reach its database"},
	{cause: "app-dependency-down", words: []string{"MongoServerSelectionError"}, says: "the application could not reach its database"},
	{cause: "app-dependency-down", words: []string{"NoBrokersAvailable"}, says: "the application could not reach its broker"},
	{cause: "app-dependency-down", words: []string{"Lock wait timeout exceeded"}, says: "the application's database held it up"},
	{cause: "app-dependency-down", words: []string{"Unable to connect to any of the specified MySQL hosts"}, says: "the application could not reach its database"},
	{cause: "app-dependency-down", words: []string{"MongoNetworkError"}, says: "the application could not reach its database"},
	{cause: "app-dependency-down", words: []string{"redis.exceptions.ConnectionError"}, says: "the application could not reach its cache"},
	{cause: "app-dependency-down", words: []string{"remaining connection slots are reserved"}, says: "the application's database takes no more connections"},
	{cause: "app-dependency-down", words: []string{"Too many connections"}, says: "the application's database takes no more connections"},
	{cause: "app-dependency-down", words: []string{"Server ", " is DOWN, reason:"}, says: "a proxy between the application and what it depends on says that a server is down"},
	{cause: "backend-restarted", words: []string{"Reloading in progress"}, says: "php-fpm was told to reload"},
	{cause: "backend-restarted", words: []string{"Handling signal: hup"}, says: "gunicorn was told to reload"},
	{cause: "backend-restarted", words: []string{"Handling signal: term"}, says: "gunicorn was told to stop"},
	{cause: "backend-restarted", words: []string{"caught SIGTERM, shutting down"}, says: "Apache was told to stop"},
	{cause: "backend-restarted", words: []string{"SIGTERM received", "AH"}, says: "Apache was told to stop"},
	{cause: "backend-restarted", words: []string{"Graceful restart requested"}, says: "Apache was told to restart"},
	{cause: "backend-restarted", words: []string{"...gracefully killing workers..."}, says: "uWSGI was told to restart"},
	{cause: "backend-down", words: []string{"Cannot find module"}, says: "the backend did not start: a module is missing"},
	{cause: "backend-down", words: []string{"ModuleNotFoundError"}, says: "the backend did not start: a module is missing"},
	{cause: "backend-down", words: []string{"npm ERR!"}, says: "the backend's start failed"},
	{cause: "backend-down", words: []string{"no python application found"}, says: "uWSGI has no application to run"},
	{cause: "backend-down", words: []string{"no request plugin is loaded"}, says: "uWSGI lacks the plugin of its language"},
	{cause: "backend-down", words: []string{"Address already in use"}, says: "a server did not start: its port was taken"},
	{cause: "backend-down", words: []string{"EADDRINUSE"}, says: "a server did not start: its port was taken"},
	{cause: "worker-killed-oom", words: []string{"exited with code 137"}, says: "a container was killed, as it is at its memory limit"},
	{cause: "backend-down", words: []string{"exited with code "}, says: "a container ended"},
	{cause: "backend-connection-reset", words: []string{"Connection disallowed: IP address"}, says: "php-fpm refused the proxy's address: it is not in listen.allowed_clients"},
	{cause: "worker-pool-exhausted", words: []string{"seems busy (you may need to increase pm.start_servers"}, says: "php-fpm ran out of idle workers"},
	{cause: "worker-pool-exhausted", words: []string{"uWSGI listen queue of socket", "full"}, says: "uWSGI's accept queue is full"},
	{cause: "worker-exits-max-requests", words: []string{"Autorestarting worker after current request"}, says: "gunicorn ended a worker at --max-requests"},
	{cause: "worker-timeout", what: evidence.WorkerTimeout, says: "the application server ended a worker whose request took too long"},
	{cause: "read-timeout", what: evidence.SlowRequest, says: "the application server logged a slow request"},
	{cause: "worker-pool-exhausted", what: evidence.PoolExhausted, says: "every worker was busy"},
	{cause: "worker-killed-oom", what: evidence.OutOfMemory, says: "a process was ended for memory"},
	{cause: "worker-crash", what: evidence.WorkerCrashed, says: "a worker died on a signal"},
	{cause: "worker-crash", what: evidence.Unhandled, says: "the backend ended at an error that nobody caught"},
	{cause: "backlog-full", what: evidence.QueueFull, says: "connections were dropped from a full accept queue"},
	{cause: "conntrack-table-full", what: evidence.PacketsDropped, says: "the kernel dropped packets"},
}

// seen is the first line that gave a hint, and how many did.
type seen struct {
	hint
	text, ref string
	count     int
}

// look keeps what a line says and tells whether a hint knew it. An access log's line is passed over: clients write in it.
func (r *Reading) look(name string, line int64, text []byte) bool {
	if bytes.Contains(text, []byte(" HTTP/")) {
		return false
	}
	r.keepPhrase(name, line, text)
	r.bound(name, line, text)
	e, heard := appserver.Parse(text)
	var worded *hint
	for i := range hints {
		switch h := &hints[i]; {
		case h.what == "" && worded == nil && inOrder(text, h.words):
			worded = h
			r.keepHint(h, name, line, text)
		case h.what != "" && heard && h.what == e.What && worded == nil: // words say it more exactly
			r.keepHint(h, name, line, text)
		}
	}
	return worded != nil
}

// keepHint counts the lines that give a hint, and keeps the first.
func (r *Reading) keepHint(h *hint, name string, line int64, text []byte) {
	if r.seen == nil {
		r.seen = map[string]*seen{}
	}
	if s := r.seen[h.cause]; s != nil {
		s.count++
		return
	}
	r.seen[h.cause] = &seen{hint: *h, text: strings.TrimSpace(string(text[:min(len(text), 300)])), ref: fmt.Sprintf("%s:%d", name, line), count: 1}
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
		line = unmarked(line)
		if r.access(log.Name, n, line) {
			return
		}
		ref := func() string { return fmt.Sprintf("%s:%d", log.Name, n) }
		known := r.look(log.Name, n, line)
		r.keepAddresses(line)
		r.lookSetting(ref, line)
		r.keepMappings(line)
		r.keepPHP(line)
		r.keepSocket(line)
		r.keepUWSGI(line)
		r.compose.line(string(line))
		if taken := r.pasted.Line(string(line), ref()); (!taken || paste.Acts(string(line))) && !known {
			r.readProse(line, ref)
		}
	})
	return err
}

// unmarked is a line without the marks of an answer that quotes it: "> ".
func unmarked(line []byte) []byte {
	for bytes.HasPrefix(line, []byte("> ")) {
		line = line[2:]
	}
	return line
}

// hinted makes the opinion that a backend's or the kernel's own log names the cause; nil
// where none does. The line may be of another request: it makes the cause likely.
func (in *inquiry) hinted(cause, check string) *opinion {
	s := in.seen[cause]
	if s == nil {
		return nil
	}
	text := s.says + ": " + s.text
	if s.count > 1 {
		text = fmt.Sprintf("%s (%d times)", text, s.count)
	}
	return &opinion{certainty: Likely, weight: 4, check: check, evidence: []Fact{{Source: fromBackend, Text: text, Ref: s.ref}}}
}
