package simulator

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestRawPlansThatCannotWork(t *testing.T) {
	for _, tt := range []struct{ protocol, plan, want string }{
		{"raw", "default: [read_head]", "p.yaml:1:11: read_head: protocol raw has no requests"},
		{"raw", "default: [read_body]", "p.yaml:1:11: read_body: protocol raw has no requests"},
		{"raw", "default: [{drain: {rate: 1}}]", "p.yaml:1:11: drain: protocol raw has no requests"},
		{"raw", "default: [upgrade]", "p.yaml:1:11: upgrade: protocol raw has no requests"},
		{"raw", "exchanges: [{match: {path: /}, script: [fin]}]", "p.yaml:1:13: exchanges[0]: path: protocol raw has no requests"},
		{"raw", "idle: {after: 1s, then: fin}", "p.yaml:1:7: idle: protocol raw keeps no connection"},
		{"raw", "default: [{read_n: 0}]", "p.yaml:1:11: read_n: want a number of bytes above 0"},
		{"raw", "default: [{read_until: ''}]", "p.yaml:1:11: read_until: the text is missing"},
		{"raw", "default: [echo, fin]", "p.yaml:1:17: nothing can follow echo"},
		{"http", "default: [{echo: 3}]", "p.yaml:1:11: echo: only possible with protocol raw, in the script of a connection rule, or after upgrade"},
		{"http", "default: [{read_until: a}]", "p.yaml:1:11: read_until: only possible with"},
		{"fastcgi", "default: [upgrade]", "p.yaml:1:11: upgrade: not possible in FastCGI"},
		{"http", "connections: [{script: [upgrade]}]", "p.yaml:1:25: upgrade: no exchange has begun"},
		{"http", "default: [{speak: gopher}]", `p.yaml:1:19: unknown protocol "gopher" (known: fastcgi, ftp, html, http, http2_settings, json, mysql, redis_error, redis_pong, smtp, ssh, tls_alert)`},
		{"http", "default: [{send_file: ../a}]", "p.yaml:1:11: send_file: \"../a\" is no path below the folder of files"},
		{"http", "default: [{send_file: missing}]", "p.yaml:1:11: send_file: open missing: file does not exist"},
	} {
		plan, err := ParsePlan("p.yaml", []byte(tt.plan))
		if err == nil {
			_, err = New(Config{Listen: "tcp:127.0.0.1:0", Protocol: tt.protocol, Plan: plan, Files: fstest.MapFS{}})
		}
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: %s\ngot  %v\nwant %s", tt.protocol, tt.plan, err, tt.want)
		}
	}
	if _, err := New(Config{Listen: "tcp:127.0.0.1:0", Plan: &Plan{Default: Do(SendFile("a"))}}); err == nil || !strings.Contains(err.Error(), "may not read files") {
		t.Errorf("without files: got %v", err)
	}
	if n := len(tongues["mysql"]); n != 4+74 {
		t.Errorf("the MySQL greeting has %d bytes, want a header and 74", n)
	}
}
