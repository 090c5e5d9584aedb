package control

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strconv"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/strictyaml"
)

func (h handler) endpoint(w http.ResponseWriter, _ *http.Request) { answer(w, h.srv.Status()) }

// putEndpoint brings the endpoint into the state that the body says, in the YAML of a plan's endpoint.
func (h handler) putEndpoint(w http.ResponseWriter, r *http.Request) {
	data, err := readAll(w, r)
	var e simulator.Endpoint
	if err == nil {
		err = strictyaml.Unmarshal(orString(r.FormValue("name"), "endpoint.yaml"), data, &e)
	}
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	h.changed(w, h.srv.SetEndpoint(e))
}

// endpointActions are the changes of an endpoint that have a path of their own, with the query parameters that they take.
var endpointActions = map[string]func(*simulator.Server, *http.Request) error{
	"refuse":      func(s *simulator.Server, _ *http.Request) error { return s.Refuse() },
	"resume":      func(s *simulator.Server, _ *http.Request) error { return s.Resume() },
	"unlink":      func(s *simulator.Server, _ *http.Request) error { return s.Unlink() },
	"leave_stale": func(s *simulator.Server, _ *http.Request) error { return s.LeaveStale() },
	"fill_queue":  numbered("backlog", (*simulator.Server).FillQueue),
	"backlog":     numbered("length", (*simulator.Server).SetBacklog),
	"kill_with_queue": numbered("connections", func(s *simulator.Server, n int) error {
		if n < 1 {
			return errors.New("connections: want a number from 1")
		}
		return s.KillWithQueue(n)
	}),
	"chmod": func(s *simulator.Server, r *http.Request) error {
		bits, err := strconv.ParseUint(r.FormValue("mode"), 8, 32)
		if err != nil || bits > 0o777 {
			return badRequest{`mode: want an octal file mode such as 0660`}
		}
		return s.Chmod(fs.FileMode(bits))
	},
	"chown": func(s *simulator.Server, r *http.Request) error {
		owner, err := number(r, "owner")
		if err != nil {
			return err
		}
		group, err := number(r, "group")
		if err != nil {
			return err
		}
		return s.Chown(owner, group)
	},
}

func numbered(parameter string, f func(*simulator.Server, int) error) func(*simulator.Server, *http.Request) error {
	return func(s *simulator.Server, r *http.Request) error {
		n, err := number(r, parameter)
		if err != nil {
			return err
		}
		return f(s, n)
	}
}

// badRequest is a query that cannot be understood.
type badRequest struct{ message string }

func (b badRequest) Error() string { return b.message }

func number(r *http.Request, parameter string) (int, error) {
	n, err := strconv.Atoi(r.FormValue(parameter))
	if err != nil {
		return 0, badRequest{fmt.Sprintf("%s: want a number", parameter)}
	}
	return n, nil
}

func (h handler) changed(w http.ResponseWriter, err error) {
	var bad badRequest
	switch {
	case errors.As(err, &bad):
		fail(w, http.StatusBadRequest, err)
	case errors.Is(err, simulator.ErrNoConnection):
		fail(w, http.StatusNotFound, err)
	case err != nil:
		fail(w, http.StatusConflict, err)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

func (h handler) connections(w http.ResponseWriter, _ *http.Request) {
	answer(w, ConnectionList{h.srv.Connections()})
}

// ConnectionList answers the question for the open connections.
type ConnectionList struct {
	Connections []simulator.Connection `json:"connections"`
}

func (h handler) endConnection(f func(*simulator.Server, uint64) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.ParseUint(r.PathValue("conn"), 10, 64)
		if err != nil {
			err = badRequest{"the connection's number: want a number"}
		} else {
			err = f(h.srv, n)
		}
		h.changed(w, err)
	}
}
