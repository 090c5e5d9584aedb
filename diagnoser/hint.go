package diagnoser

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/paste"
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
	{"worker-crash-segfault", []string{"exited on signal 11"}, "a worker died of a segmentation fault"},
	{"worker-crash-segfault", []string{"segfault at "}, "a process died of a segmentation fault"},
	{"worker-crash-segfault", []string{"due to signal 11"}, "a worker died of a segmentation fault"},
	{"worker-crash-segfault", []string{"AH00052", "Segmentation fault"}, "a child of Apache died of a segmentation fault"},
	{"worker-crash", []string{"child ", "exited on signal "}, "a worker died on a signal"},
	{"worker-crash", []string{"DAMN ! worker"}, "a worker of uWSGI died"},
	{"worker-crash", []string{"Worker ", "was terminated due to signal"}, "a worker of gunicorn died on a signal"},
	{"worker-crash", []string{"Worker failed to boot"}, "a worker of gunicorn ended while it started"},
	{"worker-crash", []string{"panic: "}, "the backend ended with a panic"},
	{"worker-crash", []string{"panic serving "}, "the backend's handler ended with a panic"},
	{"worker-crash", []string{"app crashed"}, "the backend crashed"},
	{"worker-crash", []string{"triggerUncaughtException"}, "Node.js ended at an error that nobody caught"},
	{"worker-crash", []string{"Unhandled 'error' event"}, "Node.js ended at an error that nobody caught"},
	{"worker-crash", []string{"nhandled exception. System."}, ".NET ended at an exception that nobody caught"},
	{"worker-crash", []string{"java.lang.OutOfMemoryError"}, "Java's heap is full"},
	{"worker-crash", []string{"fatal error: all goroutines are asleep"}, "the backend ended: all its goroutines were asleep"},
	{"worker-crash", []string{"JavaScript heap out of memory"}, "Node.js ended at its heap's limit"},
	{"protocol-mismatch", []string{"invalid request block size: 21573 ("}, "uWSGI read the ET of GET as a length: the proxy asks in HTTP"},
	{"protocol-mismatch", []string{"invalid request block size: 21327 ("}, "uWSGI read the OS of POST as a length: the proxy asks in HTTP"},
	{"protocol-mismatch", []string{"invalid request block size: 16709 ("}, "uWSGI read the EA of HEAD as a length: the proxy asks in HTTP"},
	{"protocol-mismatch", []string{"invalid request block size: 21589 ("}, "uWSGI read the UT of PUT as a length: the proxy asks in HTTP"},
	{"protocol-mismatch", []string{"invalid request block size: 21584 ("}, "uWSGI read the PT of OPTIONS as a length: the proxy asks in HTTP"},
	{"backend-request-header-limit", []string{"invalid request block size:", "(max "}, "uWSGI refused a request whose header is larger than its buffer-size"},
	{"tls-scheme-mismatch", []string{"SSL routines", "http request"}, "a server that speaks TLS was asked in plain text"},
	{"tls-scheme-mismatch", []string{"first record does not look like a TLS handshake"}, "a server that speaks TLS was asked in plain text"},
	{"tls-scheme-mismatch", []string{"client sent an HTTP request to an HTTPS server"}, "a server that speaks TLS was asked in plain text"},
	{"tls-scheme-mismatch", []string{"ERR_SSL_HTTP_REQUEST"}, "a server that speaks TLS was asked in plain text"},
	{"tls-scheme-mismatch", []string{"Unrecognized SSL message, plaintext connection"}, "a server that speaks TLS was asked in plain text"},
	{"tls-scheme-mismatch", []string{"SSLV3_ALERT_", "HTTP_REQUEST"}, "a server that speaks TLS was asked in plain text"},
	{"tls-scheme-mismatch", []string{"over HTTPS, but it only supports HTTP"}, "a server without TLS was asked with it"},
	{"tls-scheme-mismatch", []string{"open an SSL connection to a non-SSL"}, "a server without TLS was asked with it"},
	{"tls-scheme-mismatch", []string{"Invalid character found in method name [0x16"}, "a server without TLS was asked with it"},
	{"tls-scheme-mismatch", []string{"code 400, message Bad request", `\x`}, "a server without TLS was asked with it"},
	{"tls-scheme-mismatch", []string{`"\x16\x03`, " 400 "}, "a server without TLS was asked with it"},
	{"resolver-unreachable", []string{"could not be resolved (110"}, "no answer came from the resolver"},
	{"conntrack-table-full", []string{"conntrack: table full, dropping packet"}, "the kernel's connection tracking dropped packets"},
	{"app-dependency-down", []string{"SQLSTATE[HY000] [2002]"}, "the application could not reach its database"},
	{"app-dependency-down", []string{"Can't connect to MySQL server"}, "the application could not reach its database"},
	{"app-dependency-down", []string{"connection to server at ", " failed: "}, "the application could not reach its database"},
	{"app-dependency-down", []string{"could not connect to server:"}, "the application could not reach its database"},
	{"app-dependency-down", []string{"connect ECONNREFUSED"}, "the application could not reach what it depends on"},
	{"app-dependency-down", []string{"OperationalError"}, "the application could not reach its database"},
	{"app-dependency-down", []string{"Communications link failure"}, "the application could not reach its database"},
	{"app-dependency-down", []string{"CannotConnectError"}, "the application could not reach its cache"},
	{"app-dependency-down", []string{"PG::ConnectionBad"}, "the application could not reach its database"},
	{"app-dependency-down", []string{"Mysql2::Error::ConnectionError"}, "the application could not reach its database"},
	{"app-dependency-down", []string{"Connection is not available, request timed out"}, "the application's pool of database connections is empty"},
	{"app-dependency-down", []string{"QueuePool limit of size"}, "the application's pool of database connections is empty"},
	{"app-dependency-down", []string{"SQLSTATE[08006]"}, "the application could not reach its database"},
	{"app-dependency-down", []string{"MongoServerSelectionError"}, "the application could not reach its database"},
	{"app-dependency-down", []string{"NoBrokersAvailable"}, "the application could not reach its broker"},
	{"app-dependency-down", []string{"Lock wait timeout exceeded"}, "the application's database held it up"},
	{"app-dependency-down", []string{"Unable to connect to any of the specified MySQL hosts"}, "the application could not reach its database"},
	{"app-dependency-down", []string{"MongoNetworkError"}, "the application could not reach its database"},
	{"app-dependency-down", []string{"redis.exceptions.ConnectionError"}, "the application could not reach its cache"},
	{"app-dependency-down", []string{"remaining connection slots are reserved"}, "the application's database takes no more connections"},
	{"app-dependency-down", []string{"Too many connections"}, "the application's database takes no more connections"},
	{"app-dependency-down", []string{"Server ", " is DOWN, reason:"}, "a proxy between the application and what it depends on says that a server is down"},
	{"backend-restarted", []string{"Reloading in progress"}, "php-fpm was told to reload"},
	{"backend-restarted", []string{"Handling signal: hup"}, "gunicorn was told to reload"},
	{"backend-restarted", []string{"Handling signal: term"}, "gunicorn was told to stop"},
	{"backend-restarted", []string{"caught SIGTERM, shutting down"}, "Apache was told to stop"},
	{"backend-restarted", []string{"SIGTERM received", "AH"}, "Apache was told to stop"},
	{"backend-restarted", []string{"Graceful restart requested"}, "Apache was told to restart"},
	{"backend-restarted", []string{"...gracefully killing workers..."}, "uWSGI was told to restart"},
	{"backend-down", []string{"Cannot find module"}, "the backend did not start: a module is missing"},
	{"backend-down", []string{"ModuleNotFoundError"}, "the backend did not start: a module is missing"},
	{"backend-down", []string{"npm ERR!"}, "the backend's start failed"},
	{"backend-down", []string{"no python application found"}, "uWSGI has no application to run"},
	{"backend-down", []string{"no request plugin is loaded"}, "uWSGI lacks the plugin of its language"},
	{"backend-down", []string{"Address already in use"}, "a server did not start: its port was taken"},
	{"backend-down", []string{"EADDRINUSE"}, "a server did not start: its port was taken"},
	{"worker-killed-oom", []string{"exited with code 137"}, "a container was killed, as it is at its memory limit"},
	{"backend-down", []string{"exited with code "}, "a container ended"},
	{"backend-connection-reset", []string{"Connection disallowed: IP address"}, "php-fpm refused the proxy's address: it is not in listen.allowed_clients"},
	{"worker-pool-exhausted", []string{"seems busy (you may need to increase pm.start_servers"}, "php-fpm ran out of idle workers"},
	{"worker-pool-exhausted", []string{"uWSGI listen queue of socket", "full"}, "uWSGI's accept queue is full"},
	{"worker-exits-max-requests", []string{"Autorestarting worker after current request"}, "gunicorn ended a worker at --max-requests"},
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
	r.hear(name, line, text)
	r.bound(name, line, text)
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
		return true
	}
	return false
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
		return in.heard(cause, check)
	}
	text := s.says + ": " + s.text
	if s.count > 1 {
		text = fmt.Sprintf("%s (%d times)", text, s.count)
	}
	return &opinion{certainty: Likely, weight: 4, check: check, evidence: []Fact{{Source: fromBackend, Text: text, Ref: s.ref}}}
}
