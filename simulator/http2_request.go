package simulator

import (
	"strconv"
	"strings"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

const (
	dependencyRule  = "RFC 7540, 5.3.1"
	dependsOnItself = "stream %d depends on itself"
)

// fault is a rule that a header block breaks.
type fault struct{ rule, text string }

func (f *fault) on(stream uint32) error {
	if f == nil {
		return nil
	}
	return ofStream(stream, http2.ErrCodeProtocol, f.rule, "%s", f.text)
}

// requestFault says what makes a request malformed (RFC 9113, 8.1.1). What the framer has refused
// already is not looked for again: unknown, doubled and late pseudo-header fields, and characters
// that no field may have.
func requestFault(f *http2.MetaHeadersFrame) error {
	id := f.StreamID
	if f.HasPriority() && f.Priority.StreamDep == id {
		return ofStream(id, http2.ErrCodeProtocol, dependencyRule, dependsOnItself, id)
	}
	pseudo := map[string]string{}
	for _, h := range f.PseudoFields() {
		pseudo[h.Name] = h.Value
	}
	for _, find := range []func() *fault{
		func() *fault { return pseudoFault(pseudo) },
		func() *fault { return authorityFault(pseudo, f.RegularFields()) },
		func() *fault { return fieldsFault(f.Fields) },
		func() *fault { return lengthFault(f) },
	} {
		if err := find().on(id); err != nil {
			return err
		}
	}
	return nil
}

// trailerFault says what makes trailers malformed (RFC 9113, 8.1).
func trailerFault(f *http2.MetaHeadersFrame) error {
	switch {
	case !f.StreamEnded():
		return (&fault{"RFC 9113, 8.1", "HEADERS after the request's head do not end the stream"}).on(f.StreamID)
	case len(f.PseudoFields()) > 0:
		return (&fault{"RFC 9113, 8.1", "trailers have the pseudo-header field " + f.Fields[0].Name}).on(f.StreamID)
	}
	return fieldsFault(f.Fields).on(f.StreamID)
}

func pseudoFault(pseudo map[string]string) *fault {
	method, scheme, path := pseudo[":method"], pseudo[":scheme"], pseudo[":path"]
	_, hasScheme := pseudo[":scheme"]
	_, hasPath := pseudo[":path"]
	_, extended := pseudo[":protocol"]
	switch {
	case extended:
		return &fault{"RFC 8441, 4", ":protocol, and the server has not sent ENABLE_CONNECT_PROTOCOL"}
	case !isToken(method):
		return &fault{"RFC 9113, 8.3.1", "no valid :method"}
	case method == "CONNECT" && (hasScheme || hasPath):
		return &fault{"RFC 9113, 8.5", "CONNECT with :scheme or :path"}
	case method == "CONNECT":
		return nil
	case scheme == "":
		return &fault{"RFC 9113, 8.3.1", "no :scheme"}
	case path == "":
		return &fault{"RFC 9113, 8.3.1", "no :path"}
	case path[0] != '/' && !(path == "*" && method == "OPTIONS"):
		return &fault{"RFC 9113, 8.3.1", ":path does not begin with a slash"}
	case strings.Contains(path, " "):
		return &fault{"RFC 9113, 8.3.1", ":path has a blank"}
	}
	return nil
}

// authorityFault looks at who is asked (RFC 9113, 8.3.1).
func authorityFault(pseudo map[string]string, fields []hpack.HeaderField) *fault {
	authority, found := pseudo[":authority"]
	hosts := 0
	for _, h := range fields {
		if h.Name != "host" {
			continue
		}
		if hosts++; found && !strings.EqualFold(h.Value, authority) {
			return &fault{"RFC 9113, 8.3.1", "host differs from :authority"}
		}
		authority = h.Value
	}
	switch {
	case hosts > 1:
		return &fault{"RFC 9110, 5.3", "host comes twice"}
	case pseudo[":method"] == "CONNECT" && !found:
		return &fault{"RFC 9113, 8.5", "CONNECT without :authority"}
	case authority == "":
		return &fault{"RFC 9113, 8.3.1", "no :authority, and no host"}
	case strings.Contains(authority, "@"):
		return &fault{"RFC 9113, 8.3.1", ":authority has user information"}
	}
	return nil
}

// connectionFields are about one connection of HTTP/1 and have no place here (RFC 9113, 8.2.2).
var connectionFields = map[string]bool{
	"connection": true, "proxy-connection": true, "keep-alive": true, "transfer-encoding": true, "upgrade": true,
}

func fieldsFault(fields []hpack.HeaderField) *fault {
	for _, h := range fields {
		switch {
		case connectionFields[h.Name]:
			return &fault{"RFC 9113, 8.2.2", h.Name + " is a field of HTTP/1 connections"}
		case h.Name == "te" && !strings.EqualFold(h.Value, "trailers"):
			return &fault{"RFC 9113, 8.2.2", "te says more than trailers"}
		case strings.Trim(h.Value, " \t") != h.Value:
			return &fault{"RFC 9113, 8.2.1", "the value of " + h.Name + " begins or ends with a blank"}
		}
	}
	return nil
}

// lengthFault compares the values of content-length, and looks whether there is no body although
// they say so.
func lengthFault(f *http2.MetaHeadersFrame) *fault {
	first := ""
	for _, h := range f.RegularFields() {
		if h.Name != "content-length" {
			continue
		}
		switch _, err := strconv.ParseUint(h.Value, 10, 63); {
		case err != nil:
			return &fault{"RFC 9110, 8.6", "content-length is no number"}
		case first != "" && first != h.Value:
			return &fault{"RFC 9110, 8.6", "content-length comes twice with different values"}
		}
		first = h.Value
	}
	if f.StreamEnded() && contentLength(f) > 0 {
		return &fault{"RFC 9113, 8.1.1", "content-length is " + first + ", and there is no DATA"}
	}
	return nil
}

// contentLength is what a request says of its body, or -1.
func contentLength(f *http2.MetaHeadersFrame) int64 {
	for _, h := range f.RegularFields() {
		if h.Name == "content-length" {
			if n, err := strconv.ParseUint(h.Value, 10, 63); err == nil {
				return int64(n)
			}
		}
	}
	return -1
}
