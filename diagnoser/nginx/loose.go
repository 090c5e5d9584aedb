package nginx

import (
	"net/netip"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// readLoose reads what is left of the context where the client field is not: of a
// record that was shortened when it was quoted.
func readLoose(e *evidence.Event, s string) {
	end := len(s)
	for _, name := range []string{"upstream", "request", "host", "server"} {
		at, colon := strings.Index(s, name+`: "`), len(`: "`)
		if i := strings.Index(s, name+` "`); at < 0 && i >= 0 && name == "upstream" {
			if _, ok := bareAddress(untilQuote(s[i+len(`upstream "`):])); ok { // and no name of a group
				at, colon = i, len(` "`)
			}
		}
		if at < 0 {
			if at = strings.Index(s, ", server: "); name != "server" || at < 0 {
				continue
			}
			e.Server, _, _ = strings.Cut(s[at+len(", server: "):], ",")
			end = min(end, at)
			continue
		}
		value := untilQuote(s[at+len(name)+colon:])
		switch name {
		case "upstream":
			e.Upstream = strings.TrimSpace(value)
			if before := s[:at]; strings.HasSuffix(before, " to ") || strings.HasSuffix(before, " from ") {
				at += len(name) // "while connecting to upstream: …"
			}
		case "request":
			e.Request = value
		case "host":
			e.Host = value
		}
		end = min(end, at)
	}
	e.Message = strings.TrimRight(s[:end], ` ,:"`)
	if message, request, ok := strings.Cut(e.Message, `, "`); ok && e.Request == "" {
		e.Message, e.Request = message, strings.TrimRight(request, `"`)
	}
}

func untilQuote(s string) string {
	before, _, _ := strings.Cut(s, `"`)
	return before
}

// bareAddress reads an upstream without its scheme, as the stream module writes it ("192.0.2.1:443"), and as
// people shorten it. The protocol is not known then.
func bareAddress(upstream string) (evidence.Target, bool) {
	address, _, _ := strings.Cut(upstream, "/")
	ap, err := netip.ParseAddrPort(address)
	return evidence.Target{Network: "tcp", Address: address}, err == nil && ap.IsValid()
}

// dialed reads the address of "connect() to 192.0.2.1:80 failed", for records that
// name no upstream. The protocol is not known then.
func dialed(message string) (evidence.Target, bool) {
	address, ok := strings.CutPrefix(message, "connect() to ")
	if !ok {
		return evidence.Target{}, false
	}
	address, _, _ = strings.Cut(address, " ")
	if path, unix := strings.CutPrefix(address, "unix:"); unix {
		return evidence.Target{Network: "unix", Address: path}, path != ""
	}
	return evidence.Target{Network: "tcp", Address: address}, address != ""
}
