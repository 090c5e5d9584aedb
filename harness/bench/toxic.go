package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/badgateway/badgateway/harness/trial"
	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/faults"
	"github.com/rs/zerolog"
)

// toxic is one way to make toxiproxy misbehave.
type toxic struct {
	name string
	json string // empty: the proxy is disabled
}

func toxics() []toxic {
	list := []toxic{{name: "disabled"}}
	add := func(kind, attributes string) {
		for _, stream := range []string{"downstream", "upstream"} {
			list = append(list, toxic{strings.ReplaceAll(fmt.Sprintf("%s %s %s", kind, attributes, stream), `"`, ""),
				fmt.Sprintf(`{"type": %q, "stream": %q, "attributes": {%s}}`, kind, stream, attributes)})
		}
	}
	add("latency", `"latency": 2000`)
	add("bandwidth", `"rate": 1`)
	add("slow_close", `"delay": 2000`)
	add("slicer", `"average_size": 5, "delay": 200000`)
	for _, ms := range []int{0, 200} {
		add("timeout", fmt.Sprintf(`"timeout": %d`, ms))
		add("reset_peer", fmt.Sprintf(`"timeout": %d`, ms))
	}
	for _, n := range []int{0, 1, 30, 600, 20000} { // nothing, in the status line or a record's header, in the header, in the body
		add("limit_data", fmt.Sprintf(`"bytes": %d`, n))
	}
	return list
}

// toxicTrial is one toxic at one place, asked in one way.
type toxicTrial struct {
	toxic toxic
	row   trial.Row
	seen  trial.Seen
	err   error
}

const firstToxicPort = 20000

func toxicTrials() (list []*toxicTrial) {
	fresh := []faults.Needs{{}, {Method: http.MethodPost, Body: 8 << 20}}
	kept := []faults.Needs{{KeepAlive: true, Before: 1}, {KeepAlive: true, Before: 1, Method: http.MethodPost, Body: 5}}
	for protocol, ways := range map[string][]faults.Needs{faults.HTTP: append(fresh, kept...), faults.FastCGI: append(fresh, kept...), faults.UWSGI: fresh} {
		for _, t := range toxics() {
			for _, n := range ways {
				i := len(list)
				row := trial.Foreign(fmt.Sprintf("toxic-%d", i), n, faults.Place{Protocol: protocol, Transport: faults.TCP}, firstToxicPort+i)
				list = append(list, &toxicTrial{toxic: t, row: row})
			}
		}
	}
	return list
}

// tryToxics asks for all of them, some at a time: most wait for a timeout.
func tryToxics(ctx context.Context, s *Sheet, pod *trial.Pod, trials []*toxicTrial) error {
	good := map[string]*simulator.Server{}
	for _, protocol := range []string{faults.HTTP, faults.FastCGI, faults.UWSGI} {
		srv, err := simulator.New(simulator.Config{Listen: "tcp:127.0.0.1:0", Protocol: protocol,
			Plan: &simulator.Plan{Default: simulator.Do(simulator.Respond(simulator.Response{Fill: 64 << 10}))}})
		if err == nil {
			err = srv.Start()
		}
		if err != nil {
			return err
		}
		defer srv.Close()
		good[protocol] = srv
	}
	places := make(chan struct{}, 8)
	var wg sync.WaitGroup
	for i, t := range trials {
		places <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		if i%50 == 0 {
			s.Logf("%d of %d toxics", i, len(trials))
		}
		wg.Go(func() {
			defer func() { <-places }()
			t.try(ctx, pod, strings.TrimPrefix(good[t.row.Place.Protocol].Addr(), "tcp:"))
		})
	}
	wg.Wait()
	return ctx.Err()
}

func (t *toxicTrial) try(ctx context.Context, pod *trial.Pod, upstream string) {
	proxy, err := startToxiproxy(strings.TrimPrefix(t.row.Listen(), "tcp:"), upstream)
	if err != nil {
		t.err = err
		return
	}
	defer proxy.Stop()
	t.seen, t.err = pod.Ask(ctx, t.row, func() error {
		if t.toxic.json == "" {
			proxy.Stop()
			return nil
		}
		_, err := proxy.Toxics.AddToxicJson(strings.NewReader(t.toxic.json))
		return err
	})
}

func startToxiproxy(listen, upstream string) (*toxiproxy.Proxy, error) {
	proxy := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), "app", listen, upstream)
	if err := proxy.Start(); err != nil {
		return nil, fmt.Errorf("start toxiproxy: %w", err)
	}
	return proxy, nil
}

// resetOfEstablished says what the end of an established connection looks like when reset_peer is set.
func resetOfEstablished() (string, error) {
	srv, err := simulator.New(simulator.Config{Listen: "tcp:127.0.0.1:0"})
	if err == nil {
		err = srv.Start()
	}
	if err != nil {
		return "", err
	}
	defer srv.Close()
	proxy, err := startToxiproxy("127.0.0.1:0", strings.TrimPrefix(srv.Addr(), "tcp:"))
	if err != nil {
		return "", err
	}
	defer proxy.Stop()
	c, err := net.Dial("tcp", proxy.Listen)
	if err != nil {
		return "", err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	if err := exchange(c, "first"); err != nil {
		return "", err
	}
	if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(`{"type": "reset_peer", "stream": "downstream", "attributes": {"timeout": 0}}`)); err != nil {
		return "", err
	}
	switch err := exchange(c, "second"); {
	case err == nil:
		return "the answer", nil
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return "the end of the stream, which is a FIN and no reset", nil
	default:
		return err.Error(), nil
	}
}
