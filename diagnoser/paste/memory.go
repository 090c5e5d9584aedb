package paste

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var (
	freeLine = regexp.MustCompile(`^\s*(Mem|Swap|Speicher):\s+(\S+)\s+(\S+)\s+(\S+)(?:\s+(\S+)\s+(\S+)\s+(\S+))?`)
	quantity = regexp.MustCompile(`^([\d.]+)([KMGTB]?i?)B?$`)
)

// free prints the memory in KiB, or with units where it was asked for people; free(1).
var _ = register("free", func(f *facts) taker {
	return func(l line) bool {
		m := freeLine.FindStringSubmatch(l.text)
		if m == nil {
			return false
		}
		unit := "K"
		if l.has("-m") {
			unit = "M"
		} else if l.has("-g") {
			unit = "G"
		}
		mem := f.host.Memory
		if mem == nil {
			mem = &evidence.Memory{}
			f.host.Memory = mem
		}
		if m[1] == "Swap" {
			mem.Swap = mebibytes(m[4], unit)
			return true
		}
		mem.Total, mem.Available = mebibytes(m[2], unit), mebibytes(m[4], unit)
		if m[7] != "" {
			mem.Available = mebibytes(m[7], unit)
		}
		return true
	}
})

func mebibytes(s, unit string) int {
	m := quantity.FindStringSubmatch(s)
	if m == nil {
		return 0
	}
	n, _ := strconv.ParseFloat(m[1], 64)
	if m[2] != "" {
		unit = m[2][:1]
	}
	switch unit {
	case "B":
		n /= 1 << 20
	case "K":
		n /= 1 << 10
	case "G":
		n *= 1 << 10
	case "T":
		n *= 1 << 20
	}
	return int(n)
}

var diskLine = regexp.MustCompile(`^(\S+)\s+[\d.]+\w?\s+[\d.]+\w?\s+[\d.]+\w?\s+(\d+)%\s+(/\S*)$`)

// df prints how full file systems are; df(1), with -i their inodes.
var _ = register("df", func(f *facts) taker {
	inodes := false
	return func(l line) bool {
		if l.prompt || strings.HasPrefix(l.text, "Filesystem") {
			inodes = l.prompt && l.has("-i", "-ih", "-hi") || strings.Contains(l.text, "Inodes")
			return false
		}
		m := diskLine.FindStringSubmatch(l.text)
		if m == nil {
			return false
		}
		f.host.Disks = append(f.host.Disks, evidence.Disk{Mount: m[3], Used: atoi(m[2]), Inode: inodes})
		return true
	}
})
