package diagnoser

import (
	"regexp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// prose is what people write beside a log that speaks for a cause. It is weaker than
// a log's line: it counts only for failures that the cause can have.
type prose struct {
	cause string
	words *regexp.Regexp
	fits  func(g *group) bool
	says  string
	weak  bool // an alternative at most: the words have other meanings
}

func missed(g *group) bool {
	return g.Phase == evidence.Connecting && (g.Outcome == evidence.Refused || g.Outcome == evidence.Missing || g.Outcome == evidence.Unreachable)
}

func refusedAtConnect(g *group) bool { return g.is(evidence.Connecting, evidence.Refused) }
func denied(g *group) bool           { return g.Outcome == evidence.Denied }
func lateOrDead(g *group) bool {
	return g.late() || g.died()
}

// noConnection tells whether no connection came about at all.
func noConnection(g *group) bool { return g.Phase == evidence.Connecting && g.Errno != 13 }

var proses = []prose{
	{"selinux-denial", regexp.MustCompile(`(?i)\bsetsebool\b|\bhttpd_can_network|\bsetenforce 0\b|selinux\W+(?:is |status:? *|mode:? *)?enforcing|\bavc:\s+denied`),
		func(g *group) bool { return denied(g) || g.Phase == evidence.Resolving }, "SELinux is spoken of", false},
	{"socket-private-tmp", regexp.MustCompile(`(?i)\bPrivateTmp\s*=?\s*(?:true|yes)?|systemd-private-\w+`),
		func(g *group) bool { return g.is(evidence.Connecting, evidence.Missing) && inTmp(g.target.Address) }, "systemd's private /tmp is spoken of", false},
	{"worker-crash-segfault", regexp.MustCompile(`(?i)segmentation fault|\bsegfault at\b|\bSIGSEGV\b|\bsignal 11\b|exit(?:ed with)? code:? 139\b|access violation|0xc0000005`),
		func(g *group) bool { return lateOrDead(g) || missed(g) }, "a segmentation fault is spoken of", false},
	{"worker-killed-oom", regexp.MustCompile(`(?i)\bOOM[- ]?kill|\bout of memory\b|exit(?:ed)?(?: with)?(?: code)?:? ?\(?137\b|killed process \d+`),
		func(g *group) bool { return lateOrDead(g) || missed(g) }, "a kill for memory is spoken of", false},
	{"start-order", regexp.MustCompile(`(?i)\bdepends_on\b.*(?:start|order|ready)|after (?:a |every |each )?(?:re)?boot|on (?:first )?boot|(?:takes|took|needs) .{0,30}to (?:start|boot|come up)|(?:still|not yet) (?:starting|booting|ready)|before .{0,30}(?:is|was) (?:up|ready|started)|user logs? in|enable-linger`),
		missed, "it is spoken of a backend that comes up late", false},
	{"websocket-upgrade-missing", regexp.MustCompile(`(?i)web ?sockets? .{0,40}(?:fail|do(?:es)? ?n.t|not work|disconnect)|missing .{0,20}upgrade header|\bbad handshake\b.*websocket`),
		func(g *group) bool { return g.died() || webSocketPath(g) }, "websockets are said to fail", false},
	{"keepalive-race", regexp.MustCompile(`(?i)keepAliveTimeout|keep-?alive timeout|\bupstream\b.{0,40}\bkeep-?a\w{3,6}\b|\bkeepalive \d+|idle connection|(?:sporadic|intermittent|random|occasional)(?:ly)? .{0,30}50[24]|50[24]s? .{0,30}(?:sporadic|intermittent|random|occasional)`),
		func(g *group) bool { return g.died() && !g.unix() && g.Phase == evidence.ReadingHeader }, "keep-alive, or errors now and then, are spoken of", false},
	{"keepalive-hang", regexp.MustCompile(`(?i)(?:disabl|turn|switch|without|remov)\w* .{0,20}keep-?alive|Connection: close\b.{0,40}(?:work|help|fix)`),
		func(g *group) bool { return g.late() }, "it is said to work without keep-alive", false},
	{"backend-overloaded", regexp.MustCompile(`(?i)load test|stress test|\bjmeter\b|\bsiege -|\bwrk -|\bab -[nc]\b|\bk6 run|\blocust\b|(?:high|heavy) (?:load|traffic)|(?:cpu|load) .{0,20}(?:100|9\d) ?%|load average: [1-9]\d`),
		func(g *group) bool { return g.late() || g.Outcome == evidence.Exhausted || g.died() }, "a high load is spoken of", false},
	{"app-dependency-down", regexp.MustCompile(`(?i)(?:database|mysql|mariadb|postgres\w*|redis|mongo\w*|elastic\w*|rabbitmq|ldap)\b.{0,40}(?:is |was |are )?(?:down|unreachable|not running|refused|stopped|unavailable|crashed|timed? ?out|too many connections)`),
		func(g *group) bool { return lateOrDead(g) || missed(g) }, "what the backend depends on is said to fail", false},
	{"proxy-bug", regexp.MustCompile(`(?i)\bdowngrad\w+ .{0,30}(?:nginx|haproxy|apache|httpd|proxy|fix|work)|regression in (?:nginx|haproxy|apache|httpd|mod_)|(?:since|after) (?:the )?(?:upgrade|upgrading|update|updating) .{0,20}(?:nginx|haproxy|apache|httpd)`),
		func(g *group) bool { return g.Outcome == evidence.Invalid || g.died() }, "another version of the proxy is said to work", false},
	{"host-kernel-bug", regexp.MustCompile(`(?i)\bWSL ?1?\b|Windows Subsystem for Linux|\d-Microsoft\b`),
		func(g *group) bool { return g.late() || g.unix() || g.Phase == evidence.ReadingBody }, "the host is Windows' Linux emulation", false},
	{"network-device-drops", regexp.MustCompile(`(?i)\b(?:NAT gateway|network load balancer|\bNLB\b|\bELB\b|hardware firewall|\bF5\b|palo alto|fortigate|MTU\b|idle timeout of the (?:lb|load))`),
		func(g *group) bool {
			return g.Outcome == evidence.Reset || g.Outcome == evidence.TimedOut && g.Phase != evidence.Selecting
		}, "a device between proxy and backend is spoken of", true},
	{"docker-network-mismatch", regexp.MustCompile(`(?i)docker network connect|(?:same|different|another|other|separate) (?:docker |bridge |compose )?networks?\b|cannot connect to network of this container|external: ?\n? *(?:true|name)`),
		func(g *group) bool {
			return noConnection(g) || g.Phase == evidence.Resolving || g.Outcome == evidence.NoneLive
		}, "networks of containers are spoken of", false},
	{"stale-upstream-ip", regexp.MustCompile(`(?i)(?:restart|reload)\w* (?:of )?(?:the )?(?:nginx|proxy|web|gateway|haproxy).{0,40}(?:fix|help|solv|work|cure)|(?:new|changed|different|old) ip(?: address)?\b|ip(?: address)? (?:has |had )?changed|recreat\w+ .{0,20}container`),
		func(g *group) bool { return noConnection(g) && !g.unix() }, "an address that changed is spoken of", false},
	{"container-localhost", regexp.MustCompile(`host\.docker\.internal|host-gateway|network_mode: ?"?host`),
		func(g *group) bool { return refusedAtConnect(g) && loopback(g.target.Address) }, "the host as seen from a container is spoken of", false},
	{"firewall-reject", regexp.MustCompile(`(?i)firewall-cmd|firewalld|iptables .{0,30}REJECT`),
		func(g *group) bool { return g.Phase == evidence.Connecting && g.Errno == 113 }, "firewalld is spoken of", false},
	{"firewall-drop", regexp.MustCompile(`(?i)\bufw\b|security group|network ?polic(?:y|ies)|\bfirewall\b`),
		func(g *group) bool { return g.is(evidence.Connecting, evidence.TimedOut) }, "a firewall is spoken of", false},
}

// utterance is the first line of a text that speaks for a cause.
type utterance struct {
	prose
	text, ref string
}

// readProse keeps what a line of a text says.
func (r *Reading) readProse(text []byte, ref func() string) {
	if len(text) > 2000 {
		return
	}
	for i := range proses {
		p := &proses[i]
		if r.remarks[p.cause] == nil && p.words.Match(text) {
			if r.remarks == nil {
				r.remarks = map[string]*utterance{}
			}
			r.remarks[p.cause] = &utterance{*p, strings.TrimSpace(string(text[:min(len(text), 200)])), ref()}
		}
	}
}

// remarkWeight is above that of rules that go by the log alone, and below that of
// what another log's line says.
const remarkWeight = 3

// withProse lets what people say count: it makes a rule's opinion of that cause likely,
// or stands for one where no rule has any. What is proved stays.
func (in *inquiry) withProse(g *group, voices []voice) []voice {
	for _, name := range sortedKeys(in.remarks) {
		m := in.remarks[name]
		if g.Outcome == "" || !m.fits(g) {
			continue
		}
		f := Fact{Source: fromBackend, Text: m.says + ": " + m.text, Ref: m.ref}
		found := false
		for i := range voices {
			if v := &voices[i]; v.cause == name {
				found = true
				v.evidence = append(v.evidence, f)
				if m.weak {
					continue
				}
				if rank(v.certainty) > rank(Likely) {
					v.certainty = Likely
				}
				v.weight = max(v.weight, remarkWeight)
			}
		}
		if !found && m.weak {
			voices = append(voices, voice{name, &opinion{certainty: Possible, weight: -1, evidence: []Fact{f}, check: rules[name].doc.Confirm}})
		} else if !found {
			voices = append(voices, voice{name, &opinion{certainty: Likely, weight: remarkWeight, evidence: []Fact{f}, check: rules[name].doc.Confirm}})
		}
	}
	return voices
}
