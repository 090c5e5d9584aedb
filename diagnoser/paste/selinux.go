package paste

import (
	"regexp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var (
	boolean = regexp.MustCompile(`^\s*(httpd_\w+|nis_enabled|daemons_enable_cluster_mode) --> (on|off)\b`)
	avc     = regexp.MustCompile(`avc:\s+denied\s+\{ ([^}]+) \}`)
	avcPair = regexp.MustCompile(`(\w+)=("[^"]*"|\S+)`)
	mode    = regexp.MustCompile(`^\s*(?:Current mode:\s+|SELinux status:\s+)?(Enforcing|Permissive|Disabled|enforcing|permissive|disabled)$`)
)

// set notes a setting of the host.
func (f *facts) set(name, value string) bool {
	if f.host.Settings == nil {
		f.host.Settings = map[string]string{}
	}
	f.host.Settings[name] = value
	return true
}

// selinux reads getsebool, getenforce, sestatus and the records of the audit log (ausearch, audit.log, dmesg).
var _ = register("selinux", func(f *facts) taker {
	return func(l line) bool {
		if m := boolean.FindStringSubmatch(l.text); m != nil {
			return f.set(m[1], m[2])
		}
		if m := mode.FindStringSubmatch(l.text); m != nil {
			return f.set("getenforce", strings.ToLower(m[1]))
		}
		if m := avc.FindStringSubmatch(l.text); m != nil {
			f.host.Denials = append(f.host.Denials, avcDenial(l.text, m[1]))
			return true
		}
		if strings.Contains(l.text, `apparmor="DENIED"`) {
			f.host.Denials = append(f.host.Denials, apparmorDenial(l.text))
			return true
		}
		return false
	}
})

func pairs(text string) map[string]string {
	all := map[string]string{}
	for _, m := range avcPair.FindAllStringSubmatch(text, -1) {
		all[m[1]] = strings.Trim(m[2], `"`)
	}
	return all
}

func avcDenial(text, permission string) evidence.Denial {
	p := pairs(text)
	d := evidence.Denial{Module: "selinux", Process: p["comm"], Permission: strings.TrimSpace(permission), Class: p["tclass"],
		Path: p["path"], Port: atoi(p["dest"]), Source: p["scontext"], Target: p["tcontext"], OnlyLogged: p["permissive"] == "1", Description: strings.TrimSpace(text)}
	if d.Path == "" {
		d.Path = p["name"]
	}
	return d
}

func apparmorDenial(text string) evidence.Denial {
	p := pairs(text)
	return evidence.Denial{Module: "apparmor", Process: p["comm"], Permission: p["operation"], Path: p["name"], Source: p["profile"], Description: strings.TrimSpace(text)}
}
