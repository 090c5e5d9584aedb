package diagnoser

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// recordings is a folder of logs that real proxies wrote, which is no part of the project.
// The tests of it are left out where the variable names none.
func recordings(t *testing.T) string {
	dir := os.Getenv("BADGATEWAY_RECORDINGS")
	if dir == "" {
		t.Skip("BADGATEWAY_RECORDINGS names no folder of recorded logs")
	}
	return dir
}

// caused says for each recorded case, by its cause, what nginx's own log has to lead to: the first finding, or one of its
// alternatives where the log alone leaves several open.
var caused = map[string]string{
	"backend-down":                   "refused u_stale ssl_refused grpc_refused memc_refused errpage grp_500 grp_dead#1 grp_mixed#1 next_to",
	"backend-connection-reset":       "fin_noresp rst_after_req rst_on_accept close_unread fin_accept partial_header u_close_unread short_body_rst short_body_rst_nobuf nolen_rst ssl_fin ssl_rst",
	"header-timeout-dribble":         "drip_header",
	"read-timeout":                   "slow3 short_body_hang short_body_hang_nobuf u_hang grpc_hang ws grp_to",
	"app-hang":                       "hang noaccept_bigbacklog noread noread_nobuf",
	"backlog-full":                   "tcp_backlog_full u_full",
	"incomplete-response":            "short_body short_body_nobuf chunk_nolast",
	"invalid-response-framing":       "chunk_bad",
	"invalid-response-header":        "bad_header_ctl hdr_nul hdr_space",
	"oversized-header":               "hdr_big hdr_big_cookies",
	"protocol-mismatch":              "ssh tls_alert redis mysql h2settings http2line status0 u_dgram grpc_to_h1 grpc_to_tls grpc_to_ssh uwsgi_to_http scgi_to_http memc_to_http http_to_ssl",
	"socket-missing":                 "u_noent u_notdir u_loop",
	"socket-permission":              "u_perm u_plain u_dir",
	"parent-dir-permission":          "u_dirperm",
	"network-unreachable":            "rt_blackhole rt_none rt_unreach rt_prohibit fw_rej_netunreach broadcast",
	"firewall-drop":                  "fw_in_drop fw_out_drop",
	"firewall-reject":                "fw_rej_hostprohib fw_rej_adminprohib fw_out_rej_hostprohib",
	"stale-upstream-ip":              "arp_fail",
	"ipv6-unreachable":               "ip6_disabled ip6_noroute",
	"keepalive-race":                 "ka_post#2",
	"backend-rejects-body":           "early413_nobuf",
	"upstream-cert-verify":           "ssl_verify_selfsigned ssl_verify_name",
	"sni-missing":                    "ssl_nosni_hs ssl_nosni_unrec",
	"tls-handshake-stalled":          "ssl_hang",
	"tls-scheme-mismatch":            "ssl_to_http ssl_to_go400 ssl_to_ssh",
	"no-resolver":                    "res_none",
	"dns-name-missing":               "res_nx res_empty",
	"dns-server-failure":             "res_servfail res_refused",
	"resolver-unreachable":           "res_down res_drop",
	"no-live-upstreams":              "grp_alldown grp_dead#2",
	"config-error":                   "res_badurl res_badport res_emptyhost port0 bind_bad",
	"auth-request-unexpected-status": "auth",
}

// What nginx logged of each case is recognized, and leads to the case's cause.
func TestRecordedCases(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(recordings(t), "nginx-1.22.1-cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases map[string]struct {
		Err []string
		Acc string
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	first, all := 0, 0
	for name, c := range cases {
		log := ""
		for _, record := range c.Err {
			log += "2026/11/20 15:00:00 " + record + "\n"
		}
		report := diagnose(t, evidence.Evidence{Logs: []evidence.Log{{Name: "error.log", Text: log}, {Name: "access.log", Text: c.Acc + "\n"}}})
		if report.Summary.Unrecognized != 0 {
			t.Errorf("%s: got %d records that are not recognized", name, report.Summary.Unrecognized)
		}
		want := causeOfCase(name)
		if want == "" || len(c.Err) == 0 {
			continue
		}
		all++
		named := causesNamed(report)
		switch slices.Index(named, want) {
		case 0:
			first++
		case -1:
			t.Errorf("%s: got %v, want %s among them", name, named, want)
		}
	}
	t.Logf("%d of %d cases named first from the log alone", first, all)
}

func causeOfCase(name string) string {
	for cause, cases := range caused {
		if slices.Contains(strings.Fields(cases), name) {
			return cause
		}
	}
	return ""
}

func causesNamed(report *Report) (named []string) {
	for _, f := range report.Findings {
		named = append(named, f.Cause)
		for _, a := range f.Alternatives {
			named = append(named, a.Cause)
		}
	}
	return named
}

// Each upstream line of the recorded logs of three proxies is recognized.
func TestRecordedLogs(t *testing.T) {
	dir := recordings(t)
	for _, c := range []struct{ pattern, kind string }{{"raw-*.err", "nginx"}, {"raw-sys-*.txt", "nginx"}, {"raw-ha.log", "haproxy"}} {
		files, err := filepath.Glob(filepath.Join(dir, c.pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: got %v, %v", c.pattern, files, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			kind := c.kind
			if strings.Contains(file, "-ap2") {
				kind = "apache"
			}
			report := diagnose(t, evidence.Evidence{Proxy: evidence.Proxy{Kind: kind}, Logs: []evidence.Log{{Name: file, Text: string(text)}}})
			s := report.Summary
			t.Logf("%s: %d lines, %d upstream errors, %d not recognized, %d findings", filepath.Base(file), s.Lines, s.UpstreamErrors, s.Unrecognized, len(report.Findings))
			if s.UpstreamErrors == 0 || s.Unrecognized != 0 {
				t.Errorf("%s: got %+v", filepath.Base(file), s)
			}
		}
	}
}
