package evidence

import "testing"

func TestLinuxErrno(t *testing.T) {
	for _, c := range []struct {
		n    int
		text string
		want int
	}{
		{61, "Connection refused", 111}, {61, "No data available", 61}, {61, "", 61}, {60, "Operation timed out", 110},
		{35, "Resource temporarily unavailable", 11}, {35, "Resource deadlock avoided", 35}, {65, "No route to host", 113}, {62, "Too many levels of symbolic links", 40},
		{146, "Connection refused", 111}, {111, "Connection refused", 111}, {110, "Operation timed out", 110}, {10061, "", 111}, {10054, "x", 104},
		{61, "Connection reset by peer", 61}, // no system says so
	} {
		if got := LinuxErrno(c.n, c.text); got != c.want {
			t.Errorf("%d %q: got %d, want %d", c.n, c.text, got, c.want)
		}
	}
}
