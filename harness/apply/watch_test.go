package apply

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/diagnoser"
)

const refused = "2025/01/02 03:04:05 [error] %d#%d: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 127.0.0.1, " +
	"server: shop, request: \"GET /a HTTP/1.1\", upstream: \"http://127.0.0.1:%d/a\", host: \"shop\"\n"

// watched is a log that grew after the reload, and a procfs of its own.
func watched(t *testing.T, grown string) *Watch {
	t.Helper()
	dir := t.TempDir()
	w := &Watch{For: 2 * lookEvery, Logs: []string{filepath.Join(dir, "error.log")}, Proc: filepath.Join(dir, "proc"), Say: func(string, string, ...any) {},
		New: []string{"http://127.0.0.1:8001"}, Finding: diagnoser.Finding{Cause: "wrong-port", Kind: "upstream-failure", Server: "shop", Upstream: "http://127.0.0.1:8000"}}
	worker(t, w.Proc, 7)
	put(t, w.Logs[0], fmt.Sprintf(refused, 7, 7, 8000))
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	worker(t, w.Proc, 8)
	put(t, w.Logs[0], fmt.Sprintf(refused, 7, 7, 8000)+grown)
	return w
}

func worker(t *testing.T, proc string, pid int) {
	t.Helper()
	put(t, filepath.Join(proc, fmt.Sprint(pid), "cmdline"), "nginx: worker process\x00")
}

func put(t *testing.T, path, text string) {
	t.Helper()
	os.MkdirAll(filepath.Dir(path), 0o755)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestWatchJudgesWhatIsLogged(t *testing.T) {
	for name, c := range map[string]struct{ grown, want string }{
		"nothing":                   {"", ""},
		"a former worker's end":     {fmt.Sprintf(refused, 7, 7, 8000), ""},
		"the same backend":          {fmt.Sprintf(refused, 8, 8, 8000), "the log shows it again"},
		"the backend of the edit":   {fmt.Sprintf(refused, 8, 8, 8001), "the log shows it again"},
		"another server's":          {strings.ReplaceAll(fmt.Sprintf(refused, 8, 8, 8000), "server: shop", "server: blog"), ""},
		"an alert":                  {"2025/01/02 03:04:05 [alert] 8#8: worker process 9 exited on signal 11\n", "[alert]"},
		"another backend's failure": {fmt.Sprintf(refused, 8, 8, 9999), ""},
	} {
		w := watched(t, c.grown)
		err := w.Run(t.Context())
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			// A backend of which nothing is known may have the finding's cause for all that the log says.
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestWatchWantsNewWorkers(t *testing.T) {
	w := watched(t, "")
	os.RemoveAll(filepath.Join(w.Proc, "8"))
	if err := w.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "no new worker") {
		t.Errorf("got %v", err)
	}
}

func TestWatchAsks(t *testing.T) {
	status := 200
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(status) }))
	defer srv.Close()
	for _, want := range []int{200, 301, 404, 502} {
		w := watched(t, "")
		status, w.URL = want, srv.URL
		if err := w.Run(t.Context()); (err != nil) != (want == 502) {
			t.Errorf("%d: got %v", want, err)
		}
	}
}

func TestWatchEndsWithItsContext(t *testing.T) {
	w := watched(t, "")
	w.For = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Run(ctx); err != context.Canceled {
		t.Errorf("got %v", err)
	}
}
