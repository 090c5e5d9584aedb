package haproxy

import (
	"strings"
	"testing"
	"time"
)

func FuzzParse(f *testing.F) {
	f.Add(`haproxy[7]: 192.0.2.7:40000 [14/Mar/2026:09:15:02.123] web app/a1 0/0/-1/-1/3 503 217 - - SC-- 1/1/0/0/3 0/0 "GET / HTTP/1.1"`)
	f.Add(`Server app/a1 is DOWN, reason: Layer4 connection problem, info: "Connection refused", check duration: 0ms.`)
	f.Add(`{"be":"app","srv":"<NOSRV>","ts":"SC--","fe":"web","request":"GET / HTTP/1.1","time":"2026-03-14T09:15:02Z"}`)
	f.Add(`192.0.2.7:40000 [14/Mar/2026:09:15:02.123] web app/a1 0/-1/3002 0 SC 1/1/0/0/3 0/0`)
	f.Fuzz(func(t *testing.T, line string) {
		began := time.Now()
		e, ok := Parse(line)
		if ok && ((e.Phase == "") != (e.Outcome == "") || e.Status == 0) {
			t.Errorf("got %+v", e)
		}
		Unknown(line)
		Is(line)
		if d := time.Since(began); d > 5*time.Second {
			t.Errorf("took %v for %d bytes", d, len(line))
		}
	})
}

// No line is lost or made twice in being joined.
func FuzzJoin(f *testing.F) {
	f.Add("192.0.2.7:40000 [14/Mar/2026:09:15:02.123] web\napp/a1 0/0/-1/-1/3 503 217 - - SC-- 1/1/0/0/3 0/0 \"GET /\n HTTP/1.1\"\nother")
	f.Fuzz(func(t *testing.T, text string) {
		var j Joiner
		last, size := int64(0), 0
		lines := strings.Split(text, "\n")
		take := func(all []Record) {
			for _, r := range all {
				if r.Line <= last {
					t.Errorf("got line %d after %d", r.Line, last)
				}
				last = r.Line
				size += inked(r.Text)
			}
		}
		want := 0
		for i, line := range lines {
			want += inked(line)
			take(j.Join(line, int64(i+1)))
		}
		take(j.Flush())
		if size != want && len(text) < lineMax && !strings.Contains(text, "|") {
			t.Errorf("got %d characters that are no spaces, want %d", size, want)
		}
	})
}

func inked(s string) int { return len(s) - strings.Count(s, " ") - strings.Count(s, "\t") }
