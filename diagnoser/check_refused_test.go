package diagnoser

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// beyond are messages that need more than the configuration: modules' variables, DNS.
var beyond = regexp.MustCompile(`unknown "x" variable|host not found|^\[warn\]`)

// TestChecksSayWhatNginxSays compares with a recording: what nginx -t 1.22.1 said to each
// configuration, nothing where it accepted it.
func TestChecksSayWhatNginxSays(t *testing.T) {
	recorded, err := os.ReadFile("testdata/nginx-t-1.22.1.txt")
	if err != nil {
		t.Fatal(err)
	}
	place := regexp.MustCompile(` in /etc/nginx/t\.conf:\d+$`)
	for line := range strings.Lines(string(recorded)) {
		text, said, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " =>")
		said = place.ReplaceAllString(strings.TrimSpace(said), "")
		if beyond.MatchString(said) {
			continue
		}
		_, message, _ := strings.Cut(said, ": ") // behind "[emerg] PID#TID"
		config := "events {}\nhttp { " + text + " server { listen 127.0.0.1:8099; } }\n"
		r, err := Read(context.Background(), evidence.Evidence{Config: []evidence.File{{Path: "/etc/nginx/nginx.conf", Text: config}}})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var refusals []string
		for _, f := range r.Check(nil, nil).Findings {
			if after, ok := strings.CutPrefix(f.Evidence[0].Text, "nginx -t refuses it: "); ok {
				refusals = append(refusals, after)
			}
		}
		switch {
		case message == "" && len(refusals) > 0:
			t.Errorf("%s: got %q, and nginx accepts it", text, refusals)
		case message != "" && (len(refusals) != 1 || !sameMessage(refusals[0], message)):
			t.Errorf("%s: got %q, want %q", text, refusals, message)
		}
	}
}

// sameMessage compares up to the value that nginx repeats behind the message.
func sameMessage(got, want string) bool {
	got, _, _ = strings.Cut(got, " (")
	return strings.HasPrefix(want, got)
}
