package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
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
		s := Sheet{Group: groups[i].Name, Log: os.Stderr}
		m := measured{}
		if err := groups[i].Run(r.Context(), &s); err != nil {
			m.Error = err.Error()
		}
		m.Rows, m.Notes = s.Rows, s.Notes
		_ = json.NewEncoder(w).Encode(m)
	})
}

// inPod returns the sidecar's own control API, as a group sees it that runs in the pod.
func inPod() *sidecar.Client {
	return sidecar.NewClient("http://127.0.0.1:47190", os.Getenv("BADGATEWAY_TOKEN"))
}
