package appserver

import (
	"regexp"
	"time"
)

// stamps are the times that stand at the front of the servers' lines.
var stamps = []struct {
	form   *regexp.Regexp
	layout string
}{
	{regexp.MustCompile(`\[(\d\d-\w{3}-\d{4} \d\d:\d\d:\d\d)`), "02-Jan-2006 15:04:05"},                     // php-fpm
	{regexp.MustCompile(`\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4})\]`), "2006-01-02 15:04:05 -0700"},     // gunicorn
	{regexp.MustCompile(`(\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4})`), "Mon Jan _2 15:04:05 2006"},          // uWSGI, dmesg -T
	{regexp.MustCompile(`(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))`), time.RFC3339Nano}, // journald, containers
}

// timeOf reads the time of a line, zero where it names no year: syslog's does not.
func timeOf(line string) time.Time {
	line = line[:min(len(line), 160)]
	for _, s := range stamps {
		if m := s.form.FindStringSubmatch(line); m != nil {
			if t, err := time.Parse(s.layout, m[1]); err == nil {
				return t.UTC()
			}
		}
	}
	return time.Time{}
}
