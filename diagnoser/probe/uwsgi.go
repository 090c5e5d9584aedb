package probe

import (
	"encoding/binary"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// uwsgi sends one packet of variables (modifier1 0: a WSGI request), as uwsgi_pass does, and reads an answer in
// HTTP, which is what uWSGI sends. The connection then ends.
func (a *asker) uwsgi(w *wire, p *evidence.Probe) *failure {
	if _, err := w.Write(a.uwsgiRequest()); err != nil {
		return classify(evidence.Sending, err)
	}
	h, f := w.finalHead(p)
	if f != nil {
		p.HeaderBytes = w.begun
		return f
	}
	p.Status, p.HeaderBytes, p.HeaderAfter = h.status, h.size, time.Since(w.started)
	return bodyFailure(w.httpBody(h, p), p)
}

// uwsgiRequest is the packet: one byte of modifier, two of size, one of modifier, and then names and values,
// each behind its length in two bytes, little-endian.
func (a *asker) uwsgiRequest() []byte {
	path, query, _ := strings.Cut(a.q.URI, "?")
	vars := []byte{}
	for _, v := range [][2]string{{"REQUEST_METHOD", a.q.Method}, {"REQUEST_URI", a.q.URI}, {"PATH_INFO", path}, {"QUERY_STRING", query},
		{"SERVER_PROTOCOL", "HTTP/1.1"}, {"HTTP_HOST", a.q.Host}, {"SERVER_NAME", a.q.Host}, {"SERVER_PORT", "80"},
		{"CONTENT_LENGTH", ""}, {"CONTENT_TYPE", ""}} {
		for _, text := range v {
			vars = append(binary.LittleEndian.AppendUint16(vars, uint16(len(text))), text...)
		}
	}
	return append(append(binary.LittleEndian.AppendUint16([]byte{0}, uint16(len(vars))), 0), vars...)
}
