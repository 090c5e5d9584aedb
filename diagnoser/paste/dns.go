package paste

import (
	"net/netip"
	"regexp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var (
	digAnswer  = regexp.MustCompile(`^([\w.-]+)\.\s+\d+\s+IN\s+A(?:AAA)?\s+(\S+)$`)
	digStatus  = regexp.MustCompile(`->>HEADER<<-.*status: (\w+)`)
	digAsks    = regexp.MustCompile(`^;([\w.-]+)\.\s+IN\s+A`)
	digServer  = regexp.MustCompile(`^;; SERVER: ([\d.:a-fA-F]+)#`)
	digSilent  = regexp.MustCompile(`(?:no servers could be reached|connection timed out)`)
	lookupName = regexp.MustCompile(`^Name:\s+(\S+)$`)
	lookupAddr = regexp.MustCompile(`^Address(?: \d+)?:\s+([\da-fA-F.:]+)(?: (\S+))?$`)
	lookupNone = regexp.MustCompile(`(?:server can't find|can't find|Host) '?([\w.-]+?)'?:?(?: not found: \d\()? ?(NXDOMAIN|SERVFAIL|REFUSED)`)
	hostHas    = regexp.MustCompile(`^([\w.-]+) has (?:IPv6 )?address (\S+)$`)
	getentLine = regexp.MustCompile(`^([\da-fA-F.:]+)\s+(?:STREAM\s+|DGRAM\s+|RAW\s+)?([\w.-]+)?`)
	pingLine   = regexp.MustCompile(`^PING ([\w.-]+) \(([\d.]+)\)`)
)

// dns reads dig, nslookup, host, getent and the first line of ping.
var _ = register("dns", func(f *facts) taker {
	var asked, answered, status string
	return func(l line) bool {
		if l.prompt {
			asked, answered, status = "", "", ""
			if l.ran("getent", "nslookup", "host", "dig") {
				asked = lastName(l.command)
			}
			return false
		}
		switch text := strings.TrimSpace(l.text); {
		case digStatus.MatchString(text):
			status = digStatus.FindStringSubmatch(text)[1]
		case digAsks.MatchString(text):
			asked = digAsks.FindStringSubmatch(text)[1]
			if status != "NOERROR" && status != "" {
				f.name(asked).Status = status
			}
		case digAnswer.MatchString(text):
			m := digAnswer.FindStringSubmatch(text)
			f.resolved(m[1], m[2])
		case digServer.MatchString(text):
			f.name(asked).Server = digServer.FindStringSubmatch(text)[1]
		case digSilent.MatchString(text) && l.ran("dig", "nslookup", "host"):
			f.name(asked).Status = "timeout"
		case lookupNone.MatchString(text):
			m := lookupNone.FindStringSubmatch(text)
			f.name(m[1]).Status = m[2]
		case lookupName.MatchString(text):
			answered = lookupName.FindStringSubmatch(text)[1]
		case lookupAddr.MatchString(text):
			if answered == "" {
				return false // the resolver's own
			}
			f.resolved(answered, lookupAddr.FindStringSubmatch(text)[1])
		case hostHas.MatchString(text):
			m := hostHas.FindStringSubmatch(text)
			f.resolved(m[1], m[2])
		case pingLine.MatchString(text):
			m := pingLine.FindStringSubmatch(text)
			f.resolved(m[1], m[2])
		case l.ran("getent") && getentLine.MatchString(text):
			f.resolved(asked, getentLine.FindStringSubmatch(text)[1])
		default:
			return false
		}
		return true
	}
})

func (f *facts) name(name string) *evidence.Name {
	name = strings.TrimSuffix(name, ".")
	for i := range f.host.Names {
		if f.host.Names[i].Name == name {
			return &f.host.Names[i]
		}
	}
	f.host.Names = append(f.host.Names, evidence.Name{Name: name})
	return &f.host.Names[len(f.host.Names)-1]
}

func (f *facts) resolved(name, address string) {
	if _, err := netip.ParseAddr(address); err != nil {
		return
	}
	n := f.name(name)
	for _, a := range n.Addresses {
		if a == address {
			return
		}
	}
	n.Addresses = append(n.Addresses, address)
}

// lastName is the name that a lookup asks for: neither an option nor the resolver.
func lastName(words []string) (name string) {
	for _, w := range words[1:] {
		if !strings.HasPrefix(w, "@") && !strings.HasPrefix(w, "-") && !strings.HasPrefix(w, "+") && w != "hosts" && w != "ahosts" && w != "A" && w != "AAAA" {
			if name == "" {
				name = w
			}
		}
	}
	return name
}
