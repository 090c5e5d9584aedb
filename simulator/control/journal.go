package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/badgateway/badgateway/simulator"
)

// Media types of the journal's streams.
const (
	ndjson = "application/x-ndjson"
	events = "text/event-stream"
)

const (
	maxStreams  = 16               // at a time; each holds a goroutine
	streamStall = 10 * time.Second // a client that takes nothing for so long is left
)

// journal answers one page, or with Accept a stream that ends with the client.
func (h handler) journal(w http.ResponseWriter, r *http.Request) {
	since, err := strconv.ParseUint(orString(r.FormValue("since"), orString(r.Header.Get("Last-Event-ID"), "0")), 10, 64)
	if err != nil {
		fail(w, http.StatusBadRequest, errors.New("since: want a number"))
		return
	}
	limit, err := strconv.ParseUint(orString(r.FormValue("limit"), "0"), 10, 64)
	if err != nil {
		fail(w, http.StatusBadRequest, errors.New("limit: want a number"))
		return
	}
	switch accept := r.Header.Get("Accept"); {
	case strings.Contains(accept, events):
		h.stream(w, r, stream{media: events, since: since, limit: limit})
	case strings.Contains(accept, ndjson):
		h.stream(w, r, stream{media: ndjson, since: since, limit: limit})
	default:
		entries, overflow := h.srv.Journal(since)
		if limit > 0 {
			entries = entries[:min(limit, uint64(len(entries)))]
		}
		answer(w, JournalPage{entries, overflow})
	}
}

type stream struct {
	media        string
	since, limit uint64 // limit 0 is none
	sent         uint64
	w            http.ResponseWriter
	out          *http.ResponseController
}

func (h handler) stream(w http.ResponseWriter, r *http.Request, s stream) {
	select {
	case h.streams <- struct{}{}:
		defer func() { <-h.streams }()
	default:
		fail(w, http.StatusTooManyRequests, fmt.Errorf("%d streams are open, which is the limit", maxStreams))
		return
	}
	s.w, s.out = w, http.NewResponseController(w)
	w.Header().Set("Content-Type", s.media)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	for err := s.out.Flush(); err == nil; {
		if err = s.send(h.srv.Journal(s.since)); err != nil || s.full() {
			return
		}
		_, err = h.srv.Await(r.Context(), s.since, func(simulator.Entry) bool { return true })
	}
}

func (s *stream) full() bool { return s.limit > 0 && s.sent >= s.limit }

// Lost stands in a stream for entries that the bounded journal dropped before they could be sent.
type Lost struct {
	Overflow uint64 `json:"overflow"`
}

func (s *stream) send(entries []simulator.Entry, overflow uint64) error {
	_ = s.out.SetWriteDeadline(time.Now().Add(streamStall))
	if overflow > 0 {
		if err := s.line("overflow", 0, Lost{overflow}); err != nil {
			return err
		}
	}
	for _, e := range entries {
		if s.full() {
			break
		}
		if err := s.line("entry", e.Seq, e); err != nil {
			return err
		}
		s.since = e.Seq
		s.sent++
	}
	return s.out.Flush()
}

// line writes one line of JSON, or one event of the HTML standard's event streams (9.2.5).
func (s *stream) line(event string, id uint64, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	switch {
	case s.media == ndjson:
		_, err = fmt.Fprintf(s.w, "%s\n", data)
	case id > 0:
		_, err = fmt.Fprintf(s.w, "event: %s\nid: %d\ndata: %s\n\n", event, id, data)
	default:
		_, err = fmt.Fprintf(s.w, "event: %s\ndata: %s\n\n", event, data)
	}
	return err
}
