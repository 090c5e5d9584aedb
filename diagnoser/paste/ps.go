package paste

import (
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var (
	// psAux is USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND.
	psAux = regexp.MustCompile(`^([a-z_#][\w.+-]*)\s+(\d+)\s+[\d.]+\s+[\d.]+\s+\d+\s+\d+\s+\S+\s+([A-Z][\w<+]*)\s+\S+\s+[\d:.]+\s+(\S.*)$`)
	// psEf is UID PID PPID C STIME TTY TIME CMD.
	psEf = regexp.MustCompile(`^([a-z_#][\w.+-]*)\s+(\d+)\s+(\d+)\s+\d+\s+\S+\s+\S+\s+\d+:\d+(?::\d+)?\s+(\S.*)$`)
	// psSmall is BusyBox's PID USER [TIME] COMMAND.
	psSmall = regexp.MustCompile(`^\s*(\d+)\s+([a-z_][\w.+-]*)\s+(?:\d+:\d+\s+)?((?:\{[^}]*\}\s+)?(?:nginx: |/|php-fpm|gunicorn|uwsgi|node |python|ruby|puma|java ).*)$`)
	// psWorker is what is left where people shorten: USER ... nginx: worker process.
	psWorker = regexp.MustCompile(`^([a-z_][\w.+-]*)\s+(?:\d+\s+)?.*?(nginx: (?:worker|master) process.*)$`)
)

// ps lists processes with their users; ps(1), also as docker top prints it.
var _ = register("ps", func(f *facts) taker {
	return func(l line) bool {
		if l.prompt {
			return false
		}
		var p evidence.Process
		switch text := l.text; {
		case psAux.MatchString(text):
			m := psAux.FindStringSubmatch(text)
			p = evidence.Process{User: m[1], PID: atoi(m[2]), State: m[3][:1], Command: m[4]}
		case psEf.MatchString(text):
			m := psEf.FindStringSubmatch(text)
			p = evidence.Process{User: m[1], PID: atoi(m[2]), PPID: atoi(m[3]), Command: m[4]}
		case psSmall.MatchString(text):
			m := psSmall.FindStringSubmatch(text)
			p = evidence.Process{User: m[2], PID: atoi(m[1]), Command: m[3]}
		case psWorker.MatchString(text):
			m := psWorker.FindStringSubmatch(text)
			p = evidence.Process{User: m[1], Command: m[2]}
		default:
			return false
		}
		p.Command = strings.TrimLeft(p.Command, `|\_- `)
		p.Name = path.Base(strings.Fields(p.Command + " ?")[0])
		f.host.Processes = append(f.host.Processes, p)
		return true
	}
})

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
