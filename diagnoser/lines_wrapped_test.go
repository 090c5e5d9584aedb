package diagnoser

import (
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// TestWrappedRecord: a record of HAProxy that a terminal cut in three is one event.
func TestWrappedRecord(t *testing.T) {
	text := "Mar 14 09:15:02 lb haproxy[31]: 192.0.2.7:4711 [14/Mar/2026:09:15:\n02.123] web~ shop-backend/sho\np-1 0/0/-1/-1/3 503 217 - - SC-- 3/2/1/1/0 0/0 \"GET /a HTTP/1.1\"\n"
	report := diagnose(t, evidence.Evidence{Proxy: evidence.Proxy{Kind: "haproxy"}, Logs: []evidence.Log{{Name: "haproxy.log", Text: text}}})
	if len(report.Findings) != 1 || report.Findings[0].Count != 1 || report.Findings[0].Server != "shop-backend/shop-1" {
		t.Errorf("got %+v", report)
	}
}
