package bench

import (
	"strings"

	"github.com/badgateway/badgateway/simulator"
)

func init() {
	servers["simulator-as-nginx"] = serveAsNginx
	servers["toxiproxy"] = serveToxiproxy
}

// serveAsNginx is a simulator whose answer is as long as that of nginx's return 200, header by header.
func serveAsNginx(stop <-chan struct{}, _ []string, ready func(string)) error {
	srv, err := simulator.New(simulator.Config{Listen: "tcp:127.0.0.1:0", Plan: &simulator.Plan{Default: simulator.Do(simulator.Respond(simulator.Response{
		Header: simulator.Fields{{Name: "Server", Value: "nginx/1.30.0"}, {Name: "Date", Value: "Thu, 01 Jan 2026 00:00:00 GMT"},
			{Name: "Content-Type", Value: "text/plain"}, {Name: "Content-Length", Value: "3"}, {Name: "Connection", Value: "keep-alive"}},
		Body: "ok\n"}))}})
	if err == nil {
		err = srv.Start()
	}
	if err != nil {
		return err
	}
	ready(strings.TrimPrefix(srv.Addr(), "tcp:"))
	<-stop
	return srv.Close()
}

// serveToxiproxy passes everything on to the address that is its argument.
func serveToxiproxy(stop <-chan struct{}, args []string, ready func(string)) error {
	proxy, err := startToxiproxy("127.0.0.1:0", args[0])
	if err != nil {
		return err
	}
	ready(proxy.Listen)
	<-stop
	proxy.Stop()
	return nil
}
