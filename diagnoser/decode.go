package diagnoser

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// firstBytes are what servers begin with, as nginx prints the first byte of an
// answer that is no FastCGI record.
var firstBytes = map[int]string{
	'H': "an HTTP/1 server", '<': "an HTML page without a header", 'S': "SSH", '+': "Redis", '-': "Redis",
	'J': "MySQL", '{': "JSON without a header", 21: "TLS", 22: "TLS", 0: "HTTP/2 or another binary protocol",
}

// frameStarts are the first three bytes, big-endian, of an answer that is no HTTP/2 frame.
var frameStarts = map[int]string{
	0x485454: "an HTTP/1 server", 0x3c2144: "an HTML page without a header", 0x3c6874: "an HTML page without a header",
	0x3c4854: "an HTML page without a header", 0x535348: "SSH", 0x150301: "TLS", 0x150303: "TLS", 0x160303: "TLS",
	0x2b504f: "Redis", 0x2d4552: "Redis",
}

// spoken decodes what the backend speaks from the number in a message, "" where it says nothing.
func spoken(e evidence.Event) string {
	n, ok := lastNumber(e.Message)
	switch {
	case !ok:
		return ""
	case e.Signature == "fastcgi version":
		return firstBytes[n]
	case e.Signature == "http2 frame size":
		return frameStarts[n]
	}
	return ""
}

// opensWithSettings tells whether a probe met a server of HTTP/2: its first frame, of which the probe quotes the
// bytes, is SETTINGS (type 4) on stream 0 (RFC 9113, sections 3.4 and 4.1).
func opensWithSettings(p *evidence.Probe) bool {
	head := opening(p)
	return len(head) >= 9 && head[3] == 4 && head[5:9] == "\x00\x00\x00\x00"
}

// opening is what a probe quotes of the first bytes that were no answer in its protocol, "" where it does not.
func opening(p *evidence.Probe) string {
	if !probed(p, evidence.Invalid) {
		return ""
	}
	_, quoted, _ := strings.Cut(p.Note, "first bytes: ")
	quoted, err := strconv.QuotedPrefix(quoted)
	if err != nil {
		return ""
	}
	head, _ := strconv.Unquote(quoted)
	return head
}

// greetings are the first bytes of services to which no proxy of the web passes (RFC 4253, 5321, 9051, 1939; Redis's RESP).
var greetings = []struct{ begins, service string }{
	{"SSH-", "SSH"}, {"220 ", "a mail or FTP server"}, {"220-", "a mail or FTP server"}, {"* OK", "IMAP"}, {"+OK", "POP3"}, {"-ERR ", "Redis"}, {"RFB 0", "VNC"},
}

// greeted names the service that greeted a probe, "" where nothing known did. MySQL's first packet has number 0 and
// protocol version 10.
func greeted(p *evidence.Probe) string {
	head := opening(p)
	for _, g := range greetings {
		if strings.HasPrefix(head, g.begins) {
			return g.service
		}
	}
	if len(head) > 5 && head[3] == 0 && head[4] == 10 && head[5] >= '0' && head[5] <= '9' {
		return "MySQL"
	}
	return ""
}

// lastNumber reads the number behind the last ": " before nginx's " while ".
func lastNumber(message string) (int, bool) {
	message, _, _ = strings.Cut(message, " while ")
	n, err := strconv.Atoi(message[strings.LastIndexByte(message, ' ')+1:])
	return n, err == nil
}

// tlsReasons explain the alerts and reasons of a failed handshake.
var tlsReasons = []struct{ text, meaning string }{
	{"wrong version number", "the backend answered in plain text"},
	{"packet length too long", "the backend answered in plain text"},
	{"record layer failure", "the backend answered in plain text"},
	{"unknown protocol", "the backend answered in plain text"},
	{"alert number 112", "the backend knows no such server name"},
	{"unrecognized name", "the backend knows no such server name"},
	{"alert number 40", "no common cipher, a missing server name, or a client certificate is wanted"},
	{"alert number 80", "an internal error of the backend, often without a server name"},
	{"alert number 70", "no common TLS version"},
	{"unsupported protocol", "no common TLS version"},
	{"no protocols available", "no TLS version is left to offer"},
	{"alert number 116", "the backend wants a client certificate"},
	{"alert number 120", "the backend offers no HTTP/2"},
	{"bad extension", "the backend offers no HTTP/2"},
	{"alert number 42", "the backend refuses the client certificate"},
	{"alert number 45", "the client certificate has expired"},
	{"alert number 48", "the backend does not trust the client certificate"},
	{"legacy sigalg", "the backend's signature algorithm is too old for this OpenSSL"},
	{"dh key too small", "the backend's key is too small for this OpenSSL"},
	{"ee key too small", "the backend's key is too small for this OpenSSL"},
	{"unsafe legacy renegotiation", "the backend is too old for this OpenSSL"},
}

// tlsMeaning explains a failed handshake, "" where the reason is not known.
func tlsMeaning(message string) string {
	for _, r := range tlsReasons {
		if strings.Contains(message, r.text) {
			return r.meaning
		}
	}
	return ""
}

// errno tells whether the events' errno is one of several.
func (g *group) errno(list ...int) bool {
	for _, n := range list {
		if g.Errno == n {
			return true
		}
	}
	return false
}

// errnoIn tells whether a note, whose errno was not read, shows the number.
func errnoIn(g *group, n int) bool {
	return strings.Contains(g.Message, fmt.Sprintf("failed (%d:", n))
}
