package nginx

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// Every message on the way of a request to an upstream has its signature.
func TestMessages(t *testing.T) {
	table, err := os.ReadFile("testdata/messages.txt")
	if err != nil {
		t.Fatal(err)
	}
	known := 0
	for row := range strings.Lines(string(table)) {
		if strings.HasPrefix(row, "#") {
			continue
		}
		cells := strings.Split(strings.TrimSuffix(row, "\n"), "\t")
		name, tells, message := cells[0], cells[1], cells[2]
		record := "2026/03/14 09:15:02 [error] 31#31: *7 " + message + " while reading response header from upstream, client: 192.0.2.7, server: a, " +
			`request: "GET / HTTP/1.1", upstream: "http://192.0.2.1:80/", host: "a"`
		var got string
		stats, err := Scan(t.Context(), "error.log", strings.NewReader(record), Sink{
			Event: func(e evidence.Event) { got = fmt.Sprintf("%s %s × %s", e.Signature, e.Phase, e.Outcome) },
			Note:  func(e evidence.Event) { got = e.Signature + " note" },
		})
		if err != nil || got != name+" "+tells || stats.Unrecognized != 0 {
			t.Errorf("%s: got %q, %+v, %v, want %s %s", message, got, stats, err, name, tells)
		}
		known++
	}
	if known < 200 {
		t.Errorf("got %d messages, want the whole table", known)
	}
}
