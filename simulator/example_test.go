package simulator_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"

	"github.com/badgateway/badgateway/simulator"
)

// The quick start: a plan, a server, a client, and what the journal says of them.
func ExampleServer() {
	plan, err := simulator.ParsePlan("plan.yaml", []byte(`
exchanges:
  - match: {path: /report}
    script:
      - cut_at: {mark: body, plus: 512, then: [flush, rst]}
      - respond: {status: 200, fill: 4KiB}
`))
	if err != nil {
		log.Fatal(err)
	}
	srv, err := simulator.New(simulator.Config{Listen: "tcp:127.0.0.1:0", Plan: plan})
	if err != nil {
		log.Fatal(err)
	}
	if err := srv.Start(); err != nil {
		log.Fatal(err)
	}
	defer srv.Close()

	url := "http://" + strings.TrimPrefix(srv.Addr(), "tcp:")
	for _, path := range []string{"/", "/report"} {
		res, err := http.Get(url + path)
		if err != nil {
			log.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		fmt.Println(path, res.StatusCode, len(body), "bytes, reset:", err != nil)
	}
	e, err := srv.Await(context.Background(), 0, func(e simulator.Entry) bool { return e.Kind == simulator.KindClose })
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(e.Kind, e.By, e.End)
	// Output:
	// / 200 3 bytes, reset: false
	// /report 200 512 bytes, reset: true
	// close local rst
}

// A test decides when a stalled response goes on: no sleeping, no race.
func ExampleServer_Gate() {
	srv := serve("tcp:127.0.0.1:0", "http", &simulator.Plan{Default: simulator.Script{
		simulator.StallAtGate(simulator.Body(3), "release"),
		simulator.Respond(simulator.Response{Body: "one two"}),
	}})
	defer srv.Close()

	res, err := http.Get(url(srv))
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	first := make([]byte, 3)
	if _, err := io.ReadFull(res.Body, first); err != nil {
		log.Fatal(err)
	}
	if err := srv.Gate("release").AwaitWaiting(context.Background(), 1); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q, and then it waits\n", first)
	srv.Gate("release").Open()
	rest, err := io.ReadAll(res.Body)
	fmt.Printf("%q %v\n", rest, err)
	// Output:
	// "one", and then it waits
	// " two" <nil>
}

// serve runs a server until the example closes it.
func serve(listen, protocol string, p *simulator.Plan) *simulator.Server {
	srv, err := simulator.New(simulator.Config{Listen: listen, Protocol: protocol, Plan: p})
	if err == nil {
		err = srv.Start()
	}
	if err != nil {
		log.Fatal(err)
	}
	return srv
}

func url(srv *simulator.Server) string { return "http://" + strings.TrimPrefix(srv.Addr(), "tcp:") }

// get tells what became of a GET request: the status, the length of the body, or the last words of the error.
func get(srv *simulator.Server) string {
	res, err := http.Get(url(srv))
	if err != nil {
		return lastWords(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Sprintf("%d, %d bytes, %s", res.StatusCode, len(body), lastWords(err))
	}
	return fmt.Sprintf("%d, %d bytes", res.StatusCode, len(body))
}

func lastWords(err error) string {
	words := strings.Split(err.Error(), ": ")
	return words[len(words)-1]
}
