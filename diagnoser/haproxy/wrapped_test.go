package haproxy

import (
	"slices"
	"strings"
	"testing"
)

// A record comes out whole wherever it was wrapped, with lines of others around it.
func TestJoin(t *testing.T) {
	record := "192.0.2.7:4711 [14/Mar/2026:09:15:02.123] web~ app/one 0/0/1/-1/30001 504 194 - - sH--" + tail
	words := strings.Split(record, " ")
	for _, prefix := range []string{"", "lb-1  | "} {
		for cut := 2; cut < len(words); cut++ {
			lines := []string{prefix + "starting", prefix + strings.Join(words[:cut], " "), prefix + strings.Join(words[cut:], " "), prefix + record, prefix + "ending"}
			var got []Record
			var j Joiner
			for i, line := range lines {
				got = append(got, j.Join(line, int64(i+1))...)
			}
			got = append(got, j.Flush()...)
			want := []Record{{lines[0], 1}, {prefix + record, 2}, {lines[3], 4}, {lines[4], 5}}
			if cut >= len(words)-5 && cut <= len(words)-3 { // what tells of the failure is in one line
				want = []Record{{lines[0], 1}, {lines[1], 2}, {lines[2], 3}, {lines[3], 4}, {lines[4], 5}}
			}
			if !slices.Equal(got, want) {
				t.Errorf("wrapped at %q: got %v, want %v", words[cut], got, want)
			}
		}
	}
}

// A beginning without an end swallows nothing.
func TestJoinCut(t *testing.T) {
	lines := []string{front + "app/one 0/0", "one", front + "app/one", "a", "b", "c", "d", "192.0.2.7:4711 [14/Mar/2026:09:15:02.123] web/1: SSL handshake failure", "e"}
	var got []string
	var j Joiner
	for i, line := range lines {
		for _, r := range j.Join(line, int64(i+1)) {
			got = append(got, r.Text)
		}
	}
	if !slices.Equal(got, lines) || len(j.Flush()) > 0 {
		t.Errorf("got %q", got)
	}
}
