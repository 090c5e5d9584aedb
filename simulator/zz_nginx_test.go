package simulator_test
import ("testing";"net/http";"io";"fmt";"strings";"os";"time"
"github.com/badgateway/badgateway/simulator")
func TestZZNginx(t *testing.T) {
	srvs := map[string]*simulator.Server{}
	for n, a := range map[string][2]string{"http-tcp":{"tcp:127.0.0.1:19001","http"},"http-unix":{"unix:/tmp/ngx/http.sock","http"},"fcgi-tcp":{"tcp:127.0.0.1:19002","fastcgi"},"fcgi-unix":{"unix:/tmp/ngx/fcgi.sock","fastcgi"}} {
		srvs[n] = start(t, a[0], a[1], "{}")
	}
	logf := func() string { b, _ := os.ReadFile("/tmp/ngx/log"); return string(b) }
	for _, n := range []string{"fcgi-tcp","fcgi-unix"} {
		srv := srvs[n]
		for _, plan := range []string{"{}", "default: [fin]","default: [rst]","default: [hang]","default: [read_body, rst]", "default: [leave_unread, close]",
			"connections: [{script: [fin]}]","connections: [{script: [rst]}]",
			"default: [{cut_at: {mark: header, plus: 3, then: [flush, rst]}}, serve]",
			"default: [{cut_at: {mark: body, plus: 512, then: [flush, rst]}}, {respond: {fill: 4KiB}}]",
			"default: [{cut_at: {mark: body, plus: 512, then: [fin]}}, {respond: {fill: 4KiB}}]",
			"default: [{respond: {header_of: {X: 16KiB}, body: hi}}]",
			"default: [{dribble: {size: 20, gap: 300ms, until: head_end}}, {respond: {body: hi}}]",
			"endpoint: {refuse: true}", "endpoint: {backlog: 1, fill_queue: true}", "endpoint: {no_accept: true}",
			"unix endpoint: {missing: true}", "unix endpoint: {mode: \"0600\", owner: 0}", "unix endpoint: {path_is: regular}", "unix endpoint: {path_is: datagram}",
			"tcp default: [vanish]",
			"fcgi default: [{stderr: oh no}, {end_request: {protocol: overloaded}}]", "fcgi default: [{record: {version: 72}}, fin]", "fcgi default: [{stdout: {text: \"Status: 200 OK\\r\\n\\r\\nhi\"}}, fin]",
			
		} {
			if k, rest, ok := strings.Cut(plan, " "); ok && (k=="unix"||k=="tcp"||k=="fcgi"||k=="http") {
				if !strings.Contains(n, k) { continue }
				plan = rest
			}
			p, err := simulator.ParsePlan("p", []byte(plan)); if err != nil { t.Fatal(err) }
			if err := srv.Restart(p); err != nil { t.Error(plan, err); continue }
			for _, m := range []string{"GET","POST"} {
			before := len(logf())
			var body io.Reader
			if m == "POST" { body = strings.NewReader("a=b") }
			req, _ := http.NewRequest(m, "http://127.0.0.1:18080/"+n+"/", body)
			resp, err := http.DefaultClient.Do(req)
			st := ""
			if err != nil { st = err.Error() } else { b, e := io.ReadAll(resp.Body); resp.Body.Close(); st = fmt.Sprint(resp.StatusCode, " ", len(b), " ", e) }
			time.Sleep(20*time.Millisecond)
			line := ""
			for _, l := range strings.Split(logf()[before:], "\n") { if strings.Contains(l, "error]")||strings.Contains(l,"crit]") { i := strings.Index(l, "*"); j := strings.Index(l, ", client"); if i>0&&j>i { line += l[i:j]+" | " } } }
			fmt.Printf("%-9s %-4s %-100.100s => %s :: %s\n", n, m, plan, st, line)
			}
			entries, _ := srv.Journal(0)
			for _, e := range entries { if e.Kind==simulator.KindFailed { fmt.Println("   FAILED", e.Text) } }
		}
	}
	// keep-alive race
	for _, s := range []string{"fin","rst","close"} {
		p, _ := simulator.ParsePlan("p", []byte("exchanges: [{match: {exchange: 2+}, script: ["+s+"]}]"))
		srvs["http-tcp"].Restart(p)
		for _, m := range []string{"GET","GET","POST"} {
			req, _ := http.NewRequest(m, "http://127.0.0.1:18080/ka/", strings.NewReader("a=b"))
			resp, err := http.DefaultClient.Do(req)
			if err != nil { t.Fatal(err) }
			io.Copy(io.Discard, resp.Body); resp.Body.Close()
			fmt.Println("ka", s, m, resp.StatusCode)
		}
	}
}
