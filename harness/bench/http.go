package bench

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/fcgi"
	"strings"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/fastcgi"
)

const aboutThroughput = `64 kept-alive connections, one request at a time on each. The server is a process of its own, pinned to one core; the load comes from a
single-threaded epoll client that is pinned to another. The simulator parses each request, matches it against its plan and writes its journal, as always. The servers take turns of
0.7 s; figures are medians of seven rounds, ratios are taken round by round.

The limit is on requests per second of processor time that the kernel charged to the server's process, user and system. On a machine that does nothing else the server's core is
busy all the time, and the ratio of requests per second is the same. On a shared machine that ratio shows rather how fast the client was allowed to run, so it stands there without a limit.`

const httpRequest = "GET /index.html HTTP/1.1\r\nHost: app.example.com\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"

var _ = register(Group{Name: "http", About: aboutThroughput, Run: func(ctx context.Context, s *Sheet) error {
	return throughput(ctx, s, "net/http", 1.4, httpRequest, "simulator-http", "net-http")
}})

var _ = register(Group{Name: "fastcgi", About: aboutThroughput + ` The request has the parameters of nginx's own fastcgi.conf.`,
	Run: func(ctx context.Context, s *Sheet) error {
		return throughput(ctx, s, "net/http/fcgi", 6, fastcgiRequest(), "simulator-fastcgi", "net-http-fcgi")
	}})

func init() {
	servers["simulator-http"] = serveSimulator("http")
	servers["simulator-fastcgi"] = serveSimulator("fastcgi")
	servers["net-http"] = overListener(func(l net.Listener) error { return (&http.Server{Handler: http.HandlerFunc(sayOK)}).Serve(l) })
	servers["net-http-fcgi"] = overListener(func(l net.Listener) error { return fcgi.Serve(l, http.HandlerFunc(sayOK)) })
}

// sayOK answers what the simulator answers by default.
func sayOK(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h["Date"] = nil
	h.Set("Content-Type", "text/plain")
	_, _ = io.WriteString(w, "ok\n")
}

func serveSimulator(protocol string) func(<-chan struct{}, []string, func(string)) error {
	return func(stop <-chan struct{}, args []string, ready func(string)) error {
		listen := "tcp:127.0.0.1:0"
		if len(args) > 0 {
			listen = args[0]
		}
		srv, err := simulator.New(simulator.Config{Listen: listen, Protocol: protocol})
		if err == nil {
			err = srv.Start()
		}
		if err != nil {
			return err
		}
		_, addr, _ := strings.Cut(srv.Addr(), ":")
		ready(addr)
		<-stop
		return srv.Close()
	}
}

// fastcgiRequest is what nginx sends with its fastcgi.conf, on a connection that is kept.
func fastcgiRequest() string {
	var params []byte
	for _, p := range [][2]string{
		{"SCRIPT_FILENAME", "/srv/www/index.php"}, {"QUERY_STRING", ""}, {"REQUEST_METHOD", "GET"}, {"CONTENT_TYPE", ""}, {"CONTENT_LENGTH", ""},
		{"SCRIPT_NAME", "/index.php"}, {"REQUEST_URI", "/index.php"}, {"DOCUMENT_URI", "/index.php"}, {"DOCUMENT_ROOT", "/srv/www"},
		{"SERVER_PROTOCOL", "HTTP/1.1"}, {"REQUEST_SCHEME", "http"}, {"GATEWAY_INTERFACE", "CGI/1.1"}, {"SERVER_SOFTWARE", "nginx/1.30.0"},
		{"REMOTE_ADDR", "127.0.0.1"}, {"REMOTE_PORT", "40000"}, {"SERVER_ADDR", "127.0.0.1"}, {"SERVER_PORT", "8080"}, {"SERVER_NAME", "app.example.com"},
		{"REDIRECT_STATUS", "200"}, {"HTTP_HOST", "app.example.com"}, {"HTTP_USER_AGENT", "bench"}, {"HTTP_ACCEPT", "*/*"},
	} {
		params = fastcgi.AppendParam(params, p[0], p[1])
	}
	b := fastcgi.AppendRecord(nil, fastcgi.BeginRequest, 1, fastcgi.Begin{Role: fastcgi.Responder, Flags: fastcgi.KeepConn}.Append(nil), 0)
	b = fastcgi.AppendRecord(b, fastcgi.Params, 1, params, fastcgi.AlignedPadding(len(params)))
	b = fastcgi.AppendRecord(b, fastcgi.Params, 1, nil, 0)
	return string(fastcgi.AppendRecord(b, fastcgi.Stdin, 1, nil, 0))
}

// throughput races the simulator against the standard library's server.
func throughput(ctx context.Context, s *Sheet, other string, limit float64, request string, names ...string) error {
	var list []*contender
	for _, name := range names {
		p, err := startProcess(ctx, pinned, name)
		if err != nil {
			return err
		}
		defer p.close()
		c, err := load{addr: p.said, request: request, conns: 64}.dial()
		if err != nil {
			return err
		}
		defer c.close()
		list = append(list, &contender{name: name, client: c, cpu: p.cpu})
	}
	if err := race(ctx, list...); err != nil {
		return err
	}
	sim, std := list[0], list[1]
	s.Row("requests per CPU second against "+other, ratio(std, sim, func(r rate) float64 { return r.cpu }), "x", AtLeast(limit))
	s.Row("requests/s against "+other, ratio(sim, std, func(r rate) float64 { return r.perSecond }), "x", None)
	for i, name := range []string{"simulator", other} {
		s.Row("requests/s of "+name, list[i].perSecond(), "1/s", None)
		s.Row("CPU per request of "+name, list[i].perRequest(), "µs", None)
	}
	return nil
}
