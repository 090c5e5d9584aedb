package diagnoser

import (
	"context"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// Cloudflare in front is known by the headers of its own that a configuration reads.
func TestTimeoutAboveEdge(t *testing.T) {
	for reads, want := range map[string]bool{
		"real_ip_header CF-Connecting-IP;":                   true,
		"real_ip_header X-Forwarded-For;":                    false,
		"proxy_set_header X-Real-IP $http_cf_connecting_ip;": true,
		"proxy_set_header X-Request-Id \"$http_cf_ray\";":    true,
		"proxy_set_header X-Real-IP $remote_addr;":           false,
	} {
		text := "events {}\nhttp { server { listen 80; location / { proxy_pass http://127.0.0.1:8001; proxy_read_timeout 300s; " + reads + " } } }\n"
		r, err := Read(context.Background(), evidence.Evidence{Config: []evidence.File{{Path: "/etc/nginx/nginx.conf", Text: text}}})
		if err != nil {
			t.Fatal(err)
		}
		if got := found(r.Check(nil, nil), "timeout-above-edge") != nil; got != want {
			t.Errorf("%s: got %v, want %v", reads, got, want)
		}
	}
}
