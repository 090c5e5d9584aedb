package haproxy

import "testing"

func FuzzParse(f *testing.F) {
	f.Add(`haproxy[7]: 192.0.2.7:40000 [14/Mar/2026:09:15:02.123] web app/a1 0/0/-1/-1/3 503 217 - - SC-- 1/1/0/0/3 0/0 "GET / HTTP/1.1"`)
	f.Add(`Server app/a1 is DOWN, reason: Layer4 connection problem, info: "Connection refused", check duration: 0ms.`)
	f.Fuzz(func(t *testing.T, line string) {
		e, ok := Parse(line)
		if ok && ((e.Phase == "") != (e.Outcome == "") || e.Status == 0) {
			t.Errorf("got %+v", e)
		}
	})
}
