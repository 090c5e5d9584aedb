package edge

import (
	"regexp"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// goPhrases are errors of Go's net, crypto/tls and net/http packages, which Traefik, Caddy, oauth2-proxy,
// Kubernetes' API server and many more log as they are; and those of Node.js.
var goPhrases = []phrase{
	{words: regexp.MustCompile(`dial tcp (\S+?): connect: connection refused`), phase: evidence.Connecting, outcome: evidence.Refused, errno: 111},
	{words: regexp.MustCompile(`dial tcp (\S+?): connect: no route to host`), phase: evidence.Connecting, outcome: evidence.Unreachable, errno: 113},
	{words: regexp.MustCompile(`dial tcp (\S+?): connect: network is unreachable`), phase: evidence.Connecting, outcome: evidence.Unreachable, errno: 101},
	{words: regexp.MustCompile(`dial tcp (\S+?): (?:connect: connection timed out|i/o timeout)`), phase: evidence.Connecting, outcome: evidence.TimedOut, errno: 110, timer: true},
	{words: regexp.MustCompile(`dial tcp (\S+?): connect: permission denied`), phase: evidence.Connecting, outcome: evidence.Denied, errno: 13},
	{words: regexp.MustCompile(`dial tcp (\S+?): connect: cannot assign requested address`), phase: evidence.Connecting, outcome: evidence.Exhausted, errno: 99},
	{words: regexp.MustCompile(`dial unix (\S+?): connect: connection refused`), phase: evidence.Connecting, outcome: evidence.Refused, errno: 111},
	{words: regexp.MustCompile(`dial unix (\S+?): connect: no such file or directory`), phase: evidence.Connecting, outcome: evidence.Missing, errno: 2},
	{words: regexp.MustCompile(`dial unix (\S+?): connect: permission denied`), phase: evidence.Connecting, outcome: evidence.Denied, errno: 13},
	{words: regexp.MustCompile(`dial unix (\S+?): connect: resource temporarily unavailable`), phase: evidence.Connecting, outcome: evidence.Exhausted, errno: 11},
	{words: regexp.MustCompile(`lookup \S+?(?: on \S+)?: no such host`), phase: evidence.Resolving, outcome: evidence.NotFound, signature: "host not found"},
	{words: regexp.MustCompile(`lookup \S+?(?: on \S+)?: (?:server misbehaving|Temporary failure in name resolution)`), phase: evidence.Resolving, outcome: evidence.Invalid, signature: "not resolved"},
	{words: regexp.MustCompile(`lookup \S+? on \S+: .*i/o timeout`), phase: evidence.Resolving, outcome: evidence.TimedOut, signature: "not resolved"},
	{words: regexp.MustCompile(`first record does not look like a TLS handshake|server gave HTTP response to HTTPS client|\bEPROTO\b.*wrong version number|WRONG_VERSION_NUMBER`),
		phase: evidence.Handshaking, outcome: evidence.Invalid, signature: "plain text"},
	{words: regexp.MustCompile(`x509: |certificate signed by unknown authority|DEPTH_ZERO_SELF_SIGNED_CERT|CERTIFICATE_VERIFY_FAILED`), phase: evidence.Handshaking, outcome: evidence.Invalid, signature: "tls certificate"},
	{words: regexp.MustCompile(`malformed HTTP (?:response|status code|version)|HPE_INVALID_CONSTANT`), phase: evidence.ReadingHeader, outcome: evidence.Invalid, signature: "not http"},
	{words: regexp.MustCompile(`read tcp \S+->(\S+?): read: connection reset by peer`), phase: evidence.ReadingHeader, outcome: evidence.Reset, errno: 104},
	{words: regexp.MustCompile(`(?:http: proxy error|caused by|reverse proxy error).*connection reset by peer`), phase: evidence.ReadingHeader, outcome: evidence.Reset, errno: 104},
	{words: regexp.MustCompile(`(?:http: proxy error|caused by|Bad Gateway).{0,20}\bEOF\b|socket hang up`), phase: evidence.ReadingHeader, outcome: evidence.ClosedEarly},
	{words: regexp.MustCompile(`timeout awaiting response headers|(?:http: proxy error|caused by).*context deadline exceeded`), phase: evidence.ReadingHeader, outcome: evidence.TimedOut, timer: true},
	{words: regexp.MustCompile(`(?:proxy\w*|upstream|target)\b.*connect ECONNREFUSED (\S+)`), phase: evidence.Connecting, outcome: evidence.Refused, errno: 111},
	{words: regexp.MustCompile(`(?:proxy\w*|upstream|target)\b.*(?:ETIMEDOUT|ESOCKETTIMEDOUT)`), phase: evidence.Connecting, outcome: evidence.TimedOut, errno: 110, timer: true},
}

// pagePhrases are what Envoy answers and logs (its response flags), and what Cloudflare's pages say of the origin.
var pagePhrases = []phrase{
	{words: regexp.MustCompile(`delayed connect error: 111|remote connection failure.*Connection refused`), phase: evidence.Connecting, outcome: evidence.Refused, errno: 111, status: 503},
	{words: regexp.MustCompile(`delayed connect error: 113`), phase: evidence.Connecting, outcome: evidence.Unreachable, errno: 113, status: 503},
	{words: regexp.MustCompile(`TLS error: .*WRONG_VERSION_NUMBER`), phase: evidence.Handshaking, outcome: evidence.Invalid, signature: "plain text", status: 503},
	{words: regexp.MustCompile(`TLS error: .*CERTIFICATE_VERIFY_FAILED`), phase: evidence.Handshaking, outcome: evidence.Invalid, signature: "tls certificate", status: 503},
	{words: regexp.MustCompile(`reset before headers\. (?:retried and the latest )?reset reason: (?:remote )?connection failure`), phase: evidence.Connecting, outcome: evidence.Refused, errno: 111, status: 503},
	{words: regexp.MustCompile(`reset before headers\..*reset reason: connection timeout`), phase: evidence.Connecting, outcome: evidence.TimedOut, errno: 110, timer: true, status: 503},
	{words: regexp.MustCompile(`reset before headers\..*reset reason: protocol error`), phase: evidence.ReadingHeader, outcome: evidence.Invalid, signature: "not http", status: 502},
	{words: regexp.MustCompile(`reset before headers\..*reset reason: overflow`), phase: evidence.Selecting, outcome: evidence.Exhausted, signature: "queue", status: 503},
	{words: regexp.MustCompile(`reset before headers`), phase: evidence.ReadingHeader, outcome: evidence.ClosedEarly, status: 503},
	{words: regexp.MustCompile(`upstream request timeout`), phase: evidence.ReadingHeader, outcome: evidence.TimedOut, timer: true},
	{words: regexp.MustCompile(`no healthy upstream`), phase: evidence.Selecting, outcome: evidence.NoneLive, signature: "no live upstreams", status: 503},
	{words: regexp.MustCompile(`\b503 UF\b`), phase: evidence.Connecting, outcome: evidence.Refused, errno: 111, status: 503},
	{words: regexp.MustCompile(`\b503 UC\b`), phase: evidence.ReadingHeader, outcome: evidence.ClosedEarly, status: 503},
	{words: regexp.MustCompile(`\b504 UT\b`), phase: evidence.ReadingHeader, outcome: evidence.TimedOut, timer: true},
	{words: regexp.MustCompile(`\b503 UH\b`), phase: evidence.Selecting, outcome: evidence.NoneLive, signature: "no live upstreams", status: 503},
	{words: regexp.MustCompile(`\b503 UO\b`), phase: evidence.Selecting, outcome: evidence.Exhausted, signature: "queue", status: 503},
	{words: regexp.MustCompile(`(?i)\berror (?:code:? )?521\b|web server is down`), phase: evidence.Connecting, outcome: evidence.Refused, errno: 111, status: 521},
	{words: regexp.MustCompile(`(?i)\berror (?:code:? )?522\b|522: connection timed out`), phase: evidence.Connecting, outcome: evidence.TimedOut, errno: 110, timer: true, status: 522},
	{words: regexp.MustCompile(`(?i)\berror (?:code:? )?523\b|origin is unreachable`), phase: evidence.Connecting, outcome: evidence.Unreachable, errno: 101, status: 523},
	{words: regexp.MustCompile(`(?i)\berror (?:code:? )?524\b|524: a timeout occurred`), phase: evidence.ReadingHeader, outcome: evidence.TimedOut, timer: true, status: 524},
	{words: regexp.MustCompile(`(?i)\berror (?:code:? )?525\b|ssl handshake failed`), phase: evidence.Handshaking, outcome: evidence.Invalid, signature: "tls handshake", status: 525},
	{words: regexp.MustCompile(`(?i)\berror (?:code:? )?526\b|invalid ssl certificate`), phase: evidence.Handshaking, outcome: evidence.Invalid, signature: "tls certificate", status: 526},
	{words: regexp.MustCompile(`(?i)\berror (?:code:? )?520\b|web server (?:is )?return(?:s|ed|ing) an unknown error`), phase: evidence.ReadingHeader, outcome: evidence.ClosedEarly, status: 520},
}

// loosePhrases are nginx's and OpenSSL's messages as people remember them.
var loosePhrases = []phrase{
	{words: regexp.MustCompile(`(?i)host not found in up ?stream`), phase: evidence.Resolving, outcome: evidence.NotFound, signature: "host not found"},
	{words: regexp.MustCompile(`(?i)(?:ssl|tls).{0,80}wrong version number|packet length too long`), phase: evidence.Handshaking, outcome: evidence.Invalid, signature: "plain text"},
	{words: regexp.MustCompile(`(?i)plain http request was sent to https port|sent an http request to an https server`), phase: evidence.ReadingHeader, outcome: evidence.Invalid, signature: "tls expected", status: 400},
	{words: regexp.MustCompile(`(?i)upstream.{0,40}(?:sent )?too (?:big|large) (?:a )?header`), phase: evidence.ReadingHeader, outcome: evidence.TooBig, signature: "too big header"},
	{words: regexp.MustCompile(`(?i)upstream.{0,20}prematurely closed`), phase: evidence.ReadingHeader, outcome: evidence.ClosedEarly},
	{words: regexp.MustCompile(`(?i)upstream.{0,20}timed out`), phase: evidence.ReadingHeader, outcome: evidence.TimedOut, timer: true},
	{words: regexp.MustCompile(`unix: ?(/\S+) failed \(2: `), phase: evidence.Connecting, outcome: evidence.Missing, errno: 2},
	{words: regexp.MustCompile(`unix: ?(/\S+) failed \(13: `), phase: evidence.Connecting, outcome: evidence.Denied, errno: 13},
	{words: regexp.MustCompile(`unix: ?(/\S+) failed \(111: `), phase: evidence.Connecting, outcome: evidence.Refused, errno: 111},
	{words: regexp.MustCompile(`(?i)(?:recv|readv)\(\) failed \(104: `), phase: evidence.ReadingHeader, outcome: evidence.Reset, errno: 104},
	{words: regexp.MustCompile(`(?i)\bprimary script unknown\b|Access to the script '[^']*' has been denied`), phase: evidence.ReadingHeader, outcome: evidence.Invalid, signature: "fastcgi stderr"},
	{words: regexp.MustCompile(`(?:proxy|fastcgi|uwsgi|scgi|body)\w*/(?:\d/\d\d/)?\d{10}" failed \(13: `), phase: evidence.ReadingBody, outcome: evidence.Denied, errno: 13, signature: "temporary file", status: 200},
	{words: regexp.MustCompile(`(?:proxy|fastcgi|uwsgi|scgi|body)\w*/(?:\d/\d\d/)?\d{10}" failed \(28: `), phase: evidence.ReadingBody, outcome: evidence.Exhausted, errno: 28, signature: "temporary file", status: 200},
	{words: regexp.MustCompile(`invalid request block size: \d+ \(max \d+\)\.\.\.skip`), phase: evidence.ReadingHeader, outcome: evidence.ClosedEarly},
	{words: regexp.MustCompile(`(?i)peer closed connection in SSL handshake`), phase: evidence.Handshaking, outcome: evidence.ClosedEarly},
	{words: regexp.MustCompile(`\(111: Connection refused\)`), phase: evidence.Connecting, outcome: evidence.Refused, errno: 111},
	{words: regexp.MustCompile(`\(113: (?:No route to host|Host is unreachable)\)`), phase: evidence.Connecting, outcome: evidence.Unreachable, errno: 113},
}
