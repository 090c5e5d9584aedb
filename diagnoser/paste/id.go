package paste

import (
	"regexp"
	"strings"
)

var (
	// idLine is "uid=33(www-data) gid=33(www-data) groups=33(www-data),1000(app)"; id(1).
	idLine  = regexp.MustCompile(`uid=(\d+)\(([^)]+)\) gid=(\d+)\(([^)]+)\)(?: groups=(\S+))?`)
	idGroup = regexp.MustCompile(`(\d+)\(([^)]+)\)`)
	// groupsLine is "www-data : www-data app"; groups(1).
	groupsLine = regexp.MustCompile(`^([a-z_][\w-]*) : ([a-z_][\w -]*)$`)
	// etcGroup is "app:x:1000:www-data", a line of /etc/group.
	etcGroup = regexp.MustCompile(`^([a-z_][\w-]*):x?:(\d+):([\w,-]*)$`)
)

var _ = register("id", func(f *facts) taker {
	return func(l line) bool {
		if m := idLine.FindStringSubmatch(l.text); m != nil {
			f.ids.pair(f.ids.users, m[2], m[1])
			f.ids.pair(f.ids.groups, m[4], m[3])
			f.ids.primary[m[2]] = m[4]
			f.ids.listed[m[2]] = true
			for _, g := range idGroup.FindAllStringSubmatch(m[5], -1) {
				f.ids.pair(f.ids.groups, g[2], g[1])
				f.ids.further[m[2]] = append(f.ids.further[m[2]], g[2])
			}
			return true
		}
		if m := groupsLine.FindStringSubmatch(l.text); m != nil {
			names := strings.Fields(m[2])
			f.ids.primary[m[1]], f.ids.further[m[1]], f.ids.listed[m[1]] = names[0], names, true
			return true
		}
		if m := etcGroup.FindStringSubmatch(l.text); m != nil {
			f.ids.pair(f.ids.groups, m[1], m[2])
			for _, user := range strings.Split(m[3], ",") {
				f.ids.further[user] = append(f.ids.further[user], m[1])
			}
			return true
		}
		return false
	}
})
