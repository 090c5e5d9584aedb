package live

import (
	"slices"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

const telling = `log_format up '$status up="$upstream_addr" us="$upstream_status"'; `

func TestAccessLogsThatTellOfUpstreamsAreRead(t *testing.T) {
	root := place(t, map[string]string{"var/log/nginx/access.log": "", "var/log/nginx/error.log": ""})
	for _, c := range []struct {
		config string
		want   []LogSource
	}{
		{telling + "access_log /var/log/nginx/access.log up;", []LogSource{{Path: "/var/log/nginx/access.log"}}},
		{telling + "access_log /var/log/nginx/access.log up; access_log /var/log/nginx/access.log up;", []LogSource{{Path: "/var/log/nginx/access.log"}}},
		{telling + "access_log /var/log/nginx/access.log;", nil},
		{"log_format up '$status $upstream_status'; access_log /var/log/nginx/access.log up;", nil},
		{telling + "access_log /var/log/nginx/gone.log up;", nil},
		{telling + "access_log /var/log/nginx/$host.log up;", nil},
		{telling + "access_log syslog:server=unix:/dev/log up;", nil},
		{telling + "access_log /var/log/nginx/error.log up;", nil}, // is read already
		{"http {", nil},
	} {
		files := []evidence.File{{Path: "/etc/nginx/nginx.conf", Text: c.config}}
		got := accessLogs(root, files, []LogSource{{Path: "/var/log/nginx/error.log"}})
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.config, got, c.want)
		}
	}
}
