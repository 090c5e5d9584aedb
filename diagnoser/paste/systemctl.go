package paste

import (
	"regexp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var (
	unitHead   = regexp.MustCompile(`^\s*(?:[●○×*]\s+)?([\w@:.-]+\.(?:service|socket))\b(?: - .*)?$`)
	unitActive = regexp.MustCompile(`^\s*Active: (\w+ \([^)]*\)|\w+)(?: \(Result: ([\w-]+)\))?`)
	unitGone   = regexp.MustCompile(`Unit ([\w@:.-]+) (?:could not be found|not found)`)
	unitRow    = regexp.MustCompile(`^\s*([\w@:.-]+\.(?:service|socket))\s+(?:loaded|not-found|masked)\s+(active|inactive|failed)\s+(\w+)`)
	unitEnded  = regexp.MustCompile(`code=(killed|exited|dumped), (?:signal|status)=(\S+?)\)`)
	unitFailed = regexp.MustCompile(`([\w@:.-]+\.service): (?:Failed with result|Main process exited)\W+(?:code=\w+, status=)?'?([\w/-]+)`)
	property   = regexp.MustCompile(`^\s*(PrivateTmp|PrivateNetwork|RestrictAddressFamilies|IPAddressDeny|LimitNOFILE|MemoryMax|ProtectHome|RuntimeDirectory|NRestarts|User|Group|UMask)=(.*)$`)
)

// systemctl prints the state of services: status, list-units and show; systemctl(1).
var _ = register("systemctl", func(f *facts) taker {
	return func(l line) bool {
		if m := unitGone.FindStringSubmatch(l.text); m != nil {
			f.unit(m[1]).Active = "not found"
			return true
		}
		if m := unitRow.FindStringSubmatch(l.text); m != nil {
			f.unit(m[1]).Active = m[2] + " (" + m[3] + ")"
			return true
		}
		if m := unitFailed.FindStringSubmatch(l.text); m != nil {
			f.unit(m[1]).Result = m[2]
			return true
		}
		if m := unitHead.FindStringSubmatch(l.text); m != nil {
			f.unit(m[1])
			return true
		}
		if m := property.FindStringSubmatch(l.text); m != nil {
			u := f.lastUnit()
			if u.Properties == nil {
				u.Properties = map[string]string{}
			}
			u.Properties[m[1]] = m[2]
			return true
		}
		if m := unitActive.FindStringSubmatch(l.text); m != nil {
			u := f.lastUnit()
			u.Active, u.Result = m[1], m[2]
			if r, ok := strings.CutPrefix(m[1], "failed (Result: "); ok {
				u.Active, u.Result = "failed", strings.TrimSuffix(r, ")")
			}
			return true
		}
		if m := unitEnded.FindStringSubmatch(l.text); m != nil && len(f.host.Units) > 0 {
			if u := f.lastUnit(); u.Result == "" || u.Result == "signal" || u.Result == "exit-code" {
				u.Result = m[1] + " " + m[2]
			}
			return true
		}
		return false
	}
})

func (f *facts) unit(name string) *evidence.Unit {
	f.lastUnitName = name
	for i := range f.host.Units {
		if f.host.Units[i].Name == name {
			return &f.host.Units[i]
		}
	}
	f.host.Units = append(f.host.Units, evidence.Unit{Name: name})
	return &f.host.Units[len(f.host.Units)-1]
}

// lastUnit is the service that the lines are about: one without a name where none was printed.
func (f *facts) lastUnit() *evidence.Unit {
	return f.unit(f.lastUnitName)
}
