// Package control lets another process steer a simulator over HTTP and JSON. Serve
// asks for a token; NewHandler knows no authentication: whoever mounts it adds that.
package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/strictyaml"
)

// Generation answers a change of the plan.
type Generation struct {
	Generation uint64 `json:"generation"`
}

// JournalPage is a part of the journal.
type JournalPage struct {
	Entries  []simulator.Entry `json:"entries"`
	Overflow uint64            `json:"overflow"` // entries after the asked one that are gone
}

// Problem is the answer to what could not be done. File, Line, Column and Text are set when a plan is wrong.
type Problem struct {
	Message string `json:"error"`
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Text    string `json:"text,omitempty"`
}

type handler struct {
	srv     *simulator.Server
	streams chan struct{} // has a place for each stream
}

// NewHandler serves version 1 of the control interface over one simulator; the README describes each path.
func NewHandler(srv *simulator.Server) http.Handler {
	h := handler{srv, make(chan struct{}, maxStreams)}
	mux := http.NewServeMux()
	for pattern, f := range h.routes() {
		mux.HandleFunc(pattern, f)
	}
	return mux
}

// routes are the paths with their methods.
func (h handler) routes() map[string]http.HandlerFunc {
	routes := map[string]http.HandlerFunc{
		"GET /v1/plan":                      h.getPlan,
		"PUT /v1/plan":                      h.putPlan,
		"GET /v1/plan/frozen":               h.getFrozen,
		"POST /v1/restart":                  h.restart,
		"GET /v1/endpoint":                  h.endpoint,
		"PUT /v1/endpoint":                  h.putEndpoint,
		"GET /v1/gates":                     h.getGates,
		"GET /v1/gates/{name}":              h.getGate,
		"POST /v1/gates/{name}":             h.postGate,
		"GET /v1/connections":               h.connections,
		"POST /v1/connections/{conn}/close": h.endConnection((*simulator.Server).CloseConnection),
		"POST /v1/connections/{conn}/reset": h.endConnection((*simulator.Server).ResetConnection),
		"GET /v1/journal":                   h.journal,
		"GET /v1/metrics":                   h.metrics,
		"GET /v1/ca":                        h.ca,
		"GET /v1/client-certificate":        h.clientCertificate,
	}
	for name, f := range endpointActions {
		routes["POST /v1/endpoint/"+name] = func(w http.ResponseWriter, r *http.Request) { h.changed(w, f(h.srv, r)) }
	}
	return routes
}
func (h handler) getPlan(w http.ResponseWriter, _ *http.Request) {
	text, err := h.srv.Plan().YAML()
	if err != nil {
		fail(w, http.StatusNotFound, err)
		return
	}
	w.Header().Set("Content-Type", "application/yaml")
	w.Header().Set("X-Generation", strconv.FormatUint(h.srv.Generation(), 10))
	_, _ = w.Write(text)
}

func (h handler) getFrozen(w http.ResponseWriter, r *http.Request) {
	connections, err := number(r, "connections")
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	exchanges, err := number(r, "exchanges")
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	text, err := h.srv.Freeze(connections, exchanges)
	if err != nil {
		fail(w, http.StatusConflict, err)
		return
	}
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = w.Write(text)
}

func (h handler) putPlan(w http.ResponseWriter, r *http.Request) {
	scope := simulator.Scope(orString(r.FormValue("scope"), string(simulator.NewConnections)))
	if scope != simulator.NewConnections && scope != simulator.OpenConnections {
		fail(w, http.StatusBadRequest, errors.New(`scope: want "new" or "open"`))
		return
	}
	data, plan, err := readPlan(w, r)
	if err == nil && plan == nil {
		err = errors.New("the plan is missing")
	}
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	n, err := h.srv.SetPlan(plan, scope)
	if err != nil {
		fail(w, http.StatusUnprocessableEntity, strictyaml.Attach(err, data))
		return
	}
	answer(w, Generation{n})
}

func readAll(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, simulator.MaxPlan))
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		err = fmt.Errorf("the plan is longer than %d bytes", long.Limit)
	}
	return data, err
}

// readPlan reads the body; an empty one is no plan.
func readPlan(w http.ResponseWriter, r *http.Request) ([]byte, *simulator.Plan, error) {
	data, err := readAll(w, r)
	if err != nil || len(data) == 0 {
		return data, nil, err
	}
	plan, err := simulator.ParsePlan(orString(r.FormValue("name"), "plan.yaml"), data)
	return data, plan, err
}

func (h handler) restart(w http.ResponseWriter, r *http.Request) {
	data, plan, err := readPlan(w, r)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	if err := h.srv.Restart(plan); err != nil {
		fail(w, http.StatusUnprocessableEntity, strictyaml.Attach(err, data))
		return
	}
	answer(w, Generation{h.srv.Generation()})
}

// Waiting answers the question for a gate.
type Waiting struct {
	Waiting int `json:"waiting"`
}

// GateList answers the question for all gates: how many connections each holds back.
type GateList struct {
	Gates map[string]int `json:"gates"`
}

func (h handler) getGates(w http.ResponseWriter, _ *http.Request) { answer(w, GateList{h.srv.Gates()}) }

func (h handler) getGate(w http.ResponseWriter, r *http.Request) {
	answer(w, Waiting{h.srv.Gate(r.PathValue("name")).Waiting()})
}

func (h handler) postGate(w http.ResponseWriter, r *http.Request) {
	gate := h.srv.Gate(r.PathValue("name"))
	if r.FormValue("shut") == "true" {
		gate.Shut()
	} else {
		gate.Open()
	}
	w.WriteHeader(http.StatusNoContent)
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func fail(w http.ResponseWriter, status int, err error) {
	p := Problem{Message: err.Error()}
	var in *strictyaml.Error
	if errors.As(err, &in) {
		p = Problem{in.Message, in.File, in.Line, in.Column, in.Text}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(p)
}

func orString(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// Routes lists what is served, as "METHOD /path", sorted.
func Routes() []string { return slices.Sorted(maps.Keys(handler{}.routes())) }
