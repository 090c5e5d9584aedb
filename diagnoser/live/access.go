package live

import (
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/host/rootfs"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// accessLogs lists the access logs whose format tells of upstreams: what an upstream or the cache answered is in no
// error log. Those that are not there, or are read already, are left out; so are streams, which nothing reads back.
func accessLogs(root string, files []evidence.File, known []LogSource) (found []LogSource) {
	config, err := nginx.ParseConfig(files)
	if err != nil {
		return nil
	}
	telling := map[string]bool{}
	for _, d := range config.Named("log_format") {
		telling[d.Arg(0)] = strings.Contains(d.Value(), "$upstream_addr") && strings.Contains(d.Value(), "$upstream_status")
	}
	for _, d := range config.Named("access_log") {
		name := d.Arg(0)
		isKnown := func(s LogSource) bool { return s.Path == name }
		if !telling[d.Arg(1)] || !path.IsAbs(name) || strings.Contains(name, "$") || slices.ContainsFunc(slices.Concat(known, found), isKnown) {
			continue
		}
		steps, err := rootfs.Walk(root, name)
		if err == nil && len(steps) > 0 && steps[len(steps)-1].Kind() == unix.S_IFREG {
			found = append(found, LogSource{Path: name})
		}
	}
	return found
}
