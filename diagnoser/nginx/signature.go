package nginx

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// signature recognises one message of nginx by how it begins (prefix) or by what
// it holds (has). The errno's number is the key, and its text, which depends on
// the libc, decides only whose numbering it is; nor the level, which depends on the version.
type signature struct {
	name    string
	prefix  string
	has     string
	fits    func(message string) bool // asked last, nil where the words decide
	while   string                    // the action, where the same words mean another thing elsewhere
	phase   string                    // empty: nginx's action says it
	usual   string                    // the phase where a message was quoted without its action
	outcome string
	status  int  // 0: by phase, see statusOf
	errno   bool // "(111: Connection refused)" follows
	note    bool // no failure of the upstream by itself
	refine  func(e *evidence.Event)
}

// signatures is in order: the first that fits counts.
var signatures = concat(answerSignatures, connectSignatures, transferSignatures, responseSignatures,
	http2Signatures, tlsSignatures, nameSignatures, limitSignatures, requestSignatures, systemSignatures,
	localSignatures, internalSignatures, noteSignatures)

func concat(lists ...[]signature) (all []signature) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// lookup finds the signature of a message, nil when none knows it.
func lookup(message string) *signature {
	for i := range signatures {
		s := &signatures[i]
		if strings.HasPrefix(message, s.prefix) && strings.Contains(message, s.has) &&
			(s.while == "" || strings.HasPrefix(action(message), s.while)) && (s.fits == nil || s.fits(message)) {
			return s
		}
	}
	return nil
}

// fill completes an event whose message has this signature.
func (s *signature) fill(e *evidence.Event) {
	e.Signature, e.Phase, e.Outcome, e.Status = s.name, s.phase, s.outcome, s.status
	if e.Phase == "" {
		e.Phase = phaseOf(action(e.Message))
	}
	if s.usual != "" && action(e.Message) == "" {
		e.Phase = s.usual
	}
	if s.errno {
		e.Errno = errnoOf(e.Message)
	}
	if e.Outcome == "" {
		e.Outcome = evidence.OutcomeOf(e.Errno)
	}
	if call, _, ok := strings.Cut(e.Message, "("); ok && s.errno && !strings.Contains(call, " ") {
		e.Syscall = call
	}
	if s.refine != nil {
		s.refine(e)
	}
	if e.Status == 0 {
		e.Status = statusOf(*e)
	}
}

// action is what nginx says it was doing: the words behind the last " while ".
func action(message string) string {
	if i := strings.LastIndex(message, " while "); i >= 0 {
		return message[i+len(" while "):]
	}
	return ""
}

// phaseOf shortens nginx's log->action. Without an action the content phase was
// still choosing where to go (log->action is NULL there).
func phaseOf(action string) string {
	for _, p := range [...]struct{ action, phase string }{
		{"connecting to upstream", evidence.Connecting},
		{"SSL handshaking to upstream", evidence.Handshaking},
		{"sending request to upstream", evidence.Sending},
		{"reading response header from upstream", evidence.ReadingHeader},
		{"reading upstream", evidence.ReadingBody},
		{"sending to client", evidence.ReadingBody},
		{"proxying upgraded connection", evidence.Upgraded},
		{"sending early hints", evidence.ReadingHeader},
		{"resolving", evidence.Resolving},
		{"proxying", evidence.ReadingBody}, // the stream module
	} {
		if strings.HasPrefix(action, p.action) {
			return p.phase
		}
	}
	return evidence.Selecting
}

// statusOf says what the client gets: nginx's own timers give 504 until the header
// is complete, afterwards the response is only cut short, all else gives 502.
func statusOf(e evidence.Event) int {
	switch {
	case e.Phase == evidence.ReadingBody:
		return 200
	case e.Phase == evidence.Upgraded:
		return 101
	case e.Timer:
		return 504
	}
	return 502
}

// bodyBuffered begins the warning about a request's body that is larger than client_body_buffer_size
// (ngx_http_write_request_body); the file's name follows.
const bodyBuffered = "a client request body is buffered to a temporary file"

// isBodyFile tells whether a message is of the temporary file for a request's body, whose name is a number of ten
// digits (ngx_create_temp_file): open() "/var/lib/nginx/body/0000000003" failed (13: Permission denied).
func isBodyFile(message string) bool {
	const opened, failed, digits = `() "`, `" failed (`, 10
	i := strings.IndexByte(message[:min(len(message), len("pwritev("))], '(')
	if i < 0 || !strings.HasPrefix(message[i:], opened) || message[:i] != "open" && message[:i] != "pwritev" && message[:i] != "pwrite" {
		return false
	}
	path := message[i+len(opened):]
	at := strings.IndexByte(path, '"') - digits
	if at < 1 || path[at-1] != '/' || !strings.HasPrefix(path[at+digits:], failed) || strings.Contains(path, " while ") {
		return false
	}
	for _, c := range []byte(path[at : at+digits]) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
