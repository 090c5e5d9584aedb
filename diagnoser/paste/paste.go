// Package paste reads what people paste of commands: ss, ls -l, ps, systemctl,
// docker, curl and others, mixed in one text, with prompts or without, and makes
// facts of the host and probes of it. What no source knows it passes over.
package paste

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// Reader takes a pasted text line by line. Its zero value is not ready: use New.
type Reader struct {
	facts   *facts
	takers  []namedTaker
	command []string // of the last prompt; nil where no prompt was seen
}

// facts is what the sources fill.
type facts struct {
	host   evidence.Host
	probes []evidence.Probe
	whole  map[string]bool // sources, in the words of evidence.Unread, whose whole list was printed
	ids    ids
	found  bool
	// lastName and lastUnitName are of the container and the service that the lines are about.
	lastName, lastUnitName string
}

// line is one line with the command whose output it is, if a prompt said so.
type line struct {
	text    string
	ref     string // where it stands: "said.txt:12"
	fields  []string
	command []string
	prompt  bool // the line is the prompt itself: a source begins anew
}

// taker reads one line and tells whether it was its own.
type taker func(l line) bool

type namedTaker struct {
	name string
	take taker
}

// sources are the commands whose output is known, by name. Each has a file.
var sources = map[string]func(f *facts) taker{}

// register adds a source at start. Two of one name are a programming error.
func register(name string, source func(f *facts) taker) bool {
	if _, ok := sources[name]; ok {
		panic(fmt.Sprintf("paste: two sources %s", name))
	}
	sources[name] = source
	return true
}

// New returns a Reader of one host's texts.
func New() *Reader {
	r := &Reader{facts: &facts{whole: map[string]bool{}, ids: newIDs()}}
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		r.takers = append(r.takers, namedTaker{name, sources[name](r.facts)})
	}
	return r
}

// prompt is a shell's: "$ cmd", "# cmd", "root@host:~# cmd", "[root@host ~]# cmd", "PS C:\> cmd", "➜ ~ cmd".
var prompt = regexp.MustCompile(`^\s*(?:(?:\([\w.-]+\)\s*)?(?:\[[\w.-]+@[^\]]*\]|[\w.-]+@[\w.-]+:?\s?[^\s$#]*)\s?[$#%]|\$|#|PS [A-Z]:[^>]*>|[A-Z]:\\[^>]*>|➜\s+\S+)\s+(\S.*)$`)

// Line takes the next line, which stands at ref, and tells whether a source knew it.
func (r *Reader) Line(text, ref string) bool {
	text = strings.TrimRight(text, " \t\r")
	l := line{text: text, ref: ref, fields: strings.Fields(text), command: r.command}
	if m := prompt.FindStringSubmatch(text); m != nil {
		if words := commandOf(m[1]); len(words) > 0 {
			r.command, l.command, l.prompt, l.fields = words, words, true, words
			for _, t := range r.takers {
				t.take(l)
			}
			return true
		}
	}
	for _, t := range r.takers {
		if t.take(l) {
			r.facts.found = true
			return true
		}
	}
	return false
}

// Acts tells whether a line is a shell's prompt with a command that changes something, or is about a firewall: what
// somebody tried speaks as words do. A question does not.
func Acts(text string) bool {
	m := prompt.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	words := commandOf(m[1])
	if len(words) < 2 {
		return false
	}
	switch words[0] {
	case "setsebool", "semanage", "ufw", "firewall-cmd", "pm2", "supervisorctl":
		return true
	case "systemctl", "service", "docker", "docker-compose", "podman", "nginx":
		return changes.MatchString(m[1])
	}
	return false
}

var changes = regexp.MustCompile(`\b(?:restart|reload|start|stop|up|build|connect)\b`)

// Facts returns what was read: nil without any.
func (r *Reader) Facts() (*evidence.Host, []evidence.Probe) {
	f := r.facts
	if !f.found {
		return nil, nil
	}
	host := f.host
	host.Pasted = true
	for _, source := range []string{"tcp listeners", "unix listeners", "processes", "packet filter", "routes"} {
		if !f.whole[source] {
			host.Unread = append(host.Unread, evidence.Unread{Source: source, Why: "no command printed all of it"})
		}
	}
	f.ids.resolve(&host)
	return &host, f.probes
}

// commandOf splits a command line, without sudo, time, docker exec and the like in front of it. It is nil for
// what is a comment or prose rather than a command.
func commandOf(s string) []string {
	words := strings.Fields(s)
	for len(words) > 1 {
		switch words[0] {
		case "sudo", "time", "doas", "nohup":
			words = words[1:]
			continue
		case "docker", "podman", "docker-compose", "kubectl":
			if inner := executed(words); inner != nil {
				words = inner
				continue
			}
		}
		break
	}
	if len(words) == 0 || !known[base(words[0])] {
		return nil
	}
	words[0] = base(words[0])
	return words
}

// executed returns what "docker exec -it NAME cmd" runs, nil for other commands.
func executed(words []string) []string {
	i := slices.Index(words, "exec")
	if i < 0 || i > 2 {
		return nil
	}
	for i++; i < len(words) && strings.HasPrefix(words[i], "-"); i++ {
	}
	rest := words[min(i+1, len(words)):]
	if len(rest) > 0 && rest[0] == "--" {
		rest = rest[1:]
	}
	if len(rest) == 0 {
		return nil
	}
	return rest
}

func base(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }

// known are the commands that a prompt can carry; other words behind a "#" are a comment.
var known = wordSet("ss netstat lsof ls ll stat namei systemctl service docker docker-compose podman kubectl getsebool getenforce sestatus " +
	"ausearch dmesg journalctl free df ulimit cat grep egrep zgrep tail head less more curl wget openssl dig nslookup getent host ping " +
	"iptables iptables-save ip6tables nft ip route sysctl getfacl id groups ps pgrep top htop nginx php-fpm gunicorn uwsgi uvicorn node npm python python3 " +
	"find test sh bash nc telnet traceroute tracepath mtr tcpdump ufw firewall-cmd semanage chmod chown setsebool supervisorctl pm2 php")

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

// ran tells whether the line is output of one of these commands.
func (l line) ran(names ...string) bool {
	return len(l.command) > 0 && slices.Contains(names, l.command[0])
}

// has tells whether the command has one of these words.
func (l line) has(words ...string) bool {
	for _, w := range words {
		if slices.Contains(l.command, w) {
			return true
		}
	}
	return false
}

// field returns the i-th field, "" where there is none.
func (l line) field(i int) string {
	if i < 0 || i >= len(l.fields) {
		return ""
	}
	return l.fields[i]
}
