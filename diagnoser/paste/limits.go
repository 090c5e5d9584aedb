package paste

import "regexp"

var (
	procLimits = regexp.MustCompile(`^Max open files\s+(\d+|unlimited)\s+(\d+|unlimited)`)
	ulimitLine = regexp.MustCompile(`^open files\s+\(-n\)\s+(\d+|unlimited)$`)
	bareNumber = regexp.MustCompile(`^\d{2,8}$`)
)

// limits reads /proc/PID/limits, ulimit -a and ulimit -n.
var _ = register("limits", func(f *facts) taker {
	return func(l line) bool {
		if m := procLimits.FindStringSubmatch(l.text); m != nil {
			return f.set("open files", m[1])
		}
		if m := ulimitLine.FindStringSubmatch(l.text); m != nil {
			return f.set("open files", m[1])
		}
		if l.ran("ulimit") && !l.prompt && bareNumber.MatchString(l.text) {
			return f.set("open files", l.text)
		}
		return false
	}
})

// sysctlLine is "net.core.somaxconn = 128"; sysctl(8).
var sysctlLine = regexp.MustCompile(`^\s*((?:net|fs|kernel|vm)\.[\w.-]+)\s*=\s*(.+)$`)

var _ = register("sysctl", func(f *facts) taker {
	return func(l line) bool {
		m := sysctlLine.FindStringSubmatch(l.text)
		return m != nil && f.set(m[1], m[2])
	}
})
