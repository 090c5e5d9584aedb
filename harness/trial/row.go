// Package trial drives named faults of the simulator through a real proxy and
// compares what was seen with what the fault declares. One pod serves all rows of a version:
// each has a location and an address of its own in one configuration.
package trial

import (
	"fmt"
	"strings"

	"github.com/badgateway/badgateway/simulator/faults"
)

// Row is one fault at one place, with an address of its own.
type Row struct {
	Fault *faults.Fault
	Place faults.Place
	port  int
}

const firstPort = 9001

// Rows are all faults at all of their places, sorted by name.
func Rows() []Row {
	var rows []Row
	for f := range faults.All() {
		for _, p := range f.Places {
			rows = append(rows, Row{f, p, firstPort + len(rows)})
		}
	}
	return rows
}

// String is "reset-in-header http-tcp".
func (r Row) String() string { return r.Fault.Name + " " + r.Place.String() }

// id names the row's upstream.
func (r Row) id() string { return r.Fault.Name + "-" + r.Place.String() }

// path is where the row's location is.
func (r Row) path() string { return "/" + r.Fault.Name + "/" + r.Place.String() }

// Listen is where the upstream listens, as the simulator has it. Each socket has a directory of its own.
func (r Row) Listen() string {
	if r.Place.Transport == faults.Unix {
		return "unix:" + r.socket()
	}
	return fmt.Sprintf("tcp:127.0.0.1:%d", r.port)
}

func (r Row) socket() string { return "/run/trial/" + r.id() + "/app.sock" }

// resolver is where the row's DNS server listens; rows are fewer than the distance of the two.
func (r Row) resolver() string { return fmt.Sprintf("127.0.0.1:%d", r.port+2000) }

// address is the upstream's address as nginx has it.
func (r Row) address() string {
	if r.Place.Transport == faults.Unix {
		return "unix:" + r.socket()
	}
	return strings.TrimPrefix(r.Listen(), "tcp:")
}
