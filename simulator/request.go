package simulator

import (
	"bytes"
	"strings"

	"github.com/badgateway/badgateway/simulator/fastcgi"
)

// request is the head of a request. Its slices point into the
// connection's buffers and are good until the next head is read.
type request struct {
	method, target []byte
	fields         []pair // HTTP headers, or the parameters of FastCGI and uwsgi
	cgi            bool   // fields are CGI variables: FastCGI, uwsgi
	id             uint32 // FastCGI: of the request; HTTP/2: of the stream
	keep           bool   // the peer lets the connection live
	say            connectionHeader
	expects        bool // Expect: 100-continue
	role           fastcgi.Role
}

type pair struct{ name, value []byte }

// release forgets the slices once the exchange's rule is chosen.
func (r *request) release() { r.method, r.target, r.fields = nil, nil, nil }

func (r *request) path() []byte {
	path, _, _ := bytes.Cut(r.target, []byte("?"))
	return path
}

// headerValues finds a header; in FastCGI it is the parameter HTTP_NAME.
func (r *request) headerValues(name string) [][]byte {
	if r.cgi {
		name = strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		if name != "CONTENT_TYPE" && name != "CONTENT_LENGTH" {
			name = "HTTP_" + name
		}
		return r.paramValues(name)
	}
	var values [][]byte
	for _, f := range r.fields {
		if equalFold(f.name, name) {
			values = append(values, f.value)
		}
	}
	return values
}

func (r *request) paramValues(name string) [][]byte {
	var values [][]byte
	for _, f := range r.fields {
		if r.cgi && string(f.name) == name {
			values = append(values, f.value)
		}
	}
	return values
}

// equalFold compares ASCII without regard to case.
func equalFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i, c := range b {
		d := s[i]
		if c|0x20 != d|0x20 || (c != d && (c|0x20 < 'a' || c|0x20 > 'z')) {
			return false
		}
	}
	return true
}

// knownMethods saves an allocation per request in the journal.
var knownMethods = []string{"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"}

func (r *request) methodName() string {
	for _, m := range knownMethods {
		if string(r.method) == m {
			return m
		}
	}
	return string(r.method)
}
