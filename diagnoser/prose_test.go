package diagnoser

import (
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// What people write decides where the log leaves several causes open, and not where it cannot be the cause.
func TestWordsDecide(t *testing.T) {
	const (
		refused = "connect() failed (111: x) while connecting to upstream"
		late    = "upstream timed out (110: x) while reading response header from upstream"
		closed  = "upstream prematurely closed connection while reading response header from upstream"
	)
	for _, c := range []struct{ message, words, want string }{
		{closed, "it is always cut after 30 seconds, with gunicorn", "worker-timeout"},
		{refused, "it is always cut after 30 seconds, with gunicorn", "backend-down"},
		{late, "all workers are busy by then", "worker-pool-exhausted"},
		{late, "curl on the host hangs forever too", "app-hang"},
		{late, "the page opens an EventSource", "long-poll-timeout"},
		{refused, "only during deployments, for a second", "backend-restarted"},
		{refused, "it goes away by itself", "start-order"},
		{refused, "$ pm2 restart all", "backend-restarted"},
		{late, "$ getsebool httpd_can_network_connect", "read-timeout"},
	} {
		report := diagnose(t, evidence.Evidence{Logs: []evidence.Log{{Name: "error.log", Text: log(c.message, "http://127.0.0.1:8000/a")}},
			Texts: []evidence.Log{{Name: "said.txt", Reader: strings.NewReader(c.words + "\n")}}})
		if named := report.named(); len(named) == 0 || named[0] != c.want {
			t.Errorf("%s, %q: got %v, want %s", c.message, c.words, named, c.want)
		}
	}
}
