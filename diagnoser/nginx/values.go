package nginx

import (
	"strconv"
	"strings"
	"time"
)

// Duration reads nginx's time: "60", "60s", "1m 30s", "500ms". A number without a unit is seconds.
func Duration(s string) (time.Duration, bool) {
	units := []struct {
		suffix string
		unit   time.Duration
	}{{"ms", time.Millisecond}, {"s", time.Second}, {"m", time.Minute}, {"h", time.Hour},
		{"d", 24 * time.Hour}, {"w", 7 * 24 * time.Hour}, {"M", 30 * 24 * time.Hour}, {"y", 365 * 24 * time.Hour}}
	var sum time.Duration
	s = strings.ReplaceAll(s, " ", "")
	if s == "" {
		return 0, false
	}
	for s != "" {
		n := 0
		for n < len(s) && s[n]-'0' <= 9 {
			n++
		}
		value, err := strconv.ParseInt(s[:n], 10, 32)
		if err != nil {
			return 0, false
		}
		s = s[n:]
		unit := time.Second
		for _, u := range units {
			if strings.HasPrefix(s, u.suffix) {
				unit, s = u.unit, s[len(u.suffix):]
				break
			}
		}
		sum += time.Duration(value) * unit
	}
	return sum, true
}

// FormatDuration writes a time for the configuration: "200ms", "90s".
func FormatDuration(d time.Duration) string {
	if d%time.Second != 0 {
		return strconv.FormatInt(max(1, d.Milliseconds()), 10) + "ms"
	}
	return strconv.FormatInt(int64(d/time.Second), 10) + "s"
}

// Size reads nginx's size: "4096", "16k", "1m".
func Size(s string) (int, bool) {
	unit := 1
	if s != "" {
		switch s[len(s)-1] {
		case 'k', 'K':
			unit, s = 1<<10, s[:len(s)-1]
		case 'm', 'M':
			unit, s = 1<<20, s[:len(s)-1]
		}
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 1<<40/unit {
		return 0, false
	}
	return n * unit, true
}

// FormatSize writes a size for the configuration: "16k", or bytes where it is no whole KiB.
func FormatSize(n int) string {
	if n%(1<<10) == 0 && n > 0 {
		return strconv.Itoa(n>>10) + "k"
	}
	return strconv.Itoa(n)
}

// VersionAtLeast compares dotted versions by number; an unknown version is at least nothing.
func VersionAtLeast(version, least string) bool {
	if version == "" {
		return false
	}
	have, want := strings.Split(version, "."), strings.Split(least, ".")
	for i, w := range want {
		var h int64
		if i < len(have) {
			h = number(have[i])
		}
		if n := number(w); h != n {
			return h > n
		}
	}
	return true
}
