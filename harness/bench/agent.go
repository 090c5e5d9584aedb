package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/badgateway/badgateway/harness/sidecar"
)

// ServeInPod is what this program does as a pod's sidecar: what every sidecar
// does, and measuring. It returns when ctx ends or the lease runs out.
func ServeInPod(ctx context.Context, listen string, keep time.Duration) error {
	token := os.Getenv("BADGATEWAY_TOKEN")
	if token == "" {
		return errors.New("sidecar: BADGATEWAY_TOKEN is not set")
	}
	l, err := net.Listen("tcp", fmt.Sprintf(":%d", agentPort))
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: agent(token), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = srv.Serve(l) }()
	defer srv.Close()
	return sidecar.Serve(ctx, listen, token, keep)
}

// agent measures the group that the path names.
func agent(token string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			http.Error(w, "token missing or wrong", http.StatusUnauthorized)
			return
		}
		i := slices.IndexFunc(groups, func(g Group) bool { return "/"+g.Name == r.URL.Path })
		if i < 0 {
			http.Error(w, "no such group", http.StatusNotFound)
			return
		}
		s := Sheet{Group: groups[i].Name, hear: speak(w)}
		last := news{Done: true}
		if err := groups[i].Run(r.Context(), &s); err != nil {
			last.Error = err.Error()
		}
		s.tell(last)
	})
}

// speak sends news as they come, a line of JSON each.
func speak(w http.ResponseWriter) func(news) {
	var mu sync.Mutex
	enc, flush := json.NewEncoder(w), http.NewResponseController(w).Flush
	return func(n news) {
		mu.Lock()
		defer mu.Unlock()
		_ = errors.Join(enc.Encode(n), flush())
	}
}

// hear takes the news of an agent into the sheet.
func hear(r io.Reader, s *Sheet) error {
	for in := json.NewDecoder(r); ; {
		var n news
		if err := in.Decode(&n); err != nil {
			return fmt.Errorf("measure in the pod: %w", err)
		}
		switch {
		case n.Error != "":
			return errors.New(n.Error)
		case n.Done:
			return nil
		case n.Row != nil:
			s.add(*n.Row)
		case n.Note != "":
			s.Note(n.Note)
		default:
			s.Logf("%s", n.Log)
		}
	}
}

// inPod returns the sidecar's own control API, as a group sees it that runs in the pod.
func inPod() *sidecar.Client {
	return sidecar.NewClient("http://127.0.0.1:47190", os.Getenv("BADGATEWAY_TOKEN"))
}
