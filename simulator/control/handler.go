// Package control lets another process steer a simulator over HTTP and JSON. The
// handler knows no authentication: whoever mounts it adds that.
package control

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/strictyaml"
)

// maxPlan bounds the plan that a client can send.
const maxPlan = 4 << 20

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

type handler struct{ srv *simulator.Server }

// NewHandler serves version 1 of the control interface over one simulator:
//
//	GET  /v1/plan            the plan's YAML
//	PUT  /v1/plan?scope=new  a new plan in YAML, for new connections or ("open") for open ones too; name= is the file in errors
//	POST /v1/refuse          closes the listener
//	POST /v1/resume          listens again
//	POST /v1/restart         restarts the application, with the plan in the body if there is one
//	GET  /v1/gates/{name}    how many connections wait
//	POST /v1/gates/{name}    opens the gate; ?shut=true shuts it
//	GET  /v1/journal?since=n the entries after the n-th
//	GET  /v1/ca              the certificate that the peer must trust, in PEM
//	GET  /v1/client-certificate?kind=good  a certificate for a client, its chain and its key in PEM
//	GET  /v1/endpoint        what the endpoint is at the moment
func NewHandler(srv *simulator.Server) http.Handler {
	h := handler{srv}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/plan", h.getPlan)
	mux.HandleFunc("PUT /v1/plan", h.putPlan)
	mux.HandleFunc("POST /v1/refuse", h.do((*simulator.Server).Refuse))
	mux.HandleFunc("POST /v1/resume", h.do((*simulator.Server).Resume))
	mux.HandleFunc("POST /v1/restart", h.restart)
	mux.HandleFunc("GET /v1/gates/{name}", h.getGate)
	mux.HandleFunc("POST /v1/gates/{name}", h.postGate)
	mux.HandleFunc("GET /v1/journal", h.journal)
	mux.HandleFunc("GET /v1/endpoint", h.endpoint)
	mux.HandleFunc("GET /v1/ca", h.ca)
	mux.HandleFunc("GET /v1/client-certificate", h.clientCertificate)
	return mux
}

func (h handler) getPlan(w http.ResponseWriter, _ *http.Request) {
	text, err := h.srv.Plan().YAML()
	if err != nil {
		fail(w, http.StatusNotFound, err)
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

// readPlan reads the body; an empty one is no plan.
func readPlan(w http.ResponseWriter, r *http.Request) ([]byte, *simulator.Plan, error) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPlan))
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

func (h handler) do(f func(*simulator.Server) error) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if err := f(h.srv); err != nil {
			fail(w, http.StatusConflict, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// Waiting answers the question for a gate.
type Waiting struct {
	Waiting int `json:"waiting"`
}

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

func (h handler) journal(w http.ResponseWriter, r *http.Request) {
	since, err := strconv.ParseUint(orString(r.FormValue("since"), "0"), 10, 64)
	if err != nil {
		fail(w, http.StatusBadRequest, errors.New("since: want a number"))
		return
	}
	entries, overflow := h.srv.Journal(since)
	answer(w, JournalPage{entries, overflow})
}

func (h handler) endpoint(w http.ResponseWriter, _ *http.Request) { answer(w, h.srv.Status()) }

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
