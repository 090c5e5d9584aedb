package diagnoser

import (
	"path"
	"regexp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "socket-wrong-version",
	doc: Doc{
		What:    "The socket's name carries the version of PHP, and another version runs than the one that the configuration names: after an upgrade of the distribution, or with two versions installed.",
		Confirm: "ls /run/php/ and systemctl list-units 'php*' show which version is there.",
		Mends:   "Write the running version's socket into fastcgi_pass, or start the version that the site needs. On Debian /run/php/php-fpm.sock is a link to the default version's socket.",
		Hides:   "A symbolic link under the old name, until the next upgrade.",
		Source:  "php-fpm pool directive listen; connect(2), ENOENT",
	},
	judge: func(in *inquiry, g *group) *opinion {
		asked := phpVersion(g.target.Address)
		if asked == "" && in.blind() && in.phpSocket != "" && strings.Contains(g.target.Address, "php") && g.is(evidence.Connecting, evidence.Missing) && g.unix() {
			return &opinion{certainty: Likely, weight: 5, check: "ls -l " + path.Dir(g.target.Address), evidence: []Fact{
				fact(fromFile, "%s is there, whose name carries the version", in.phpSocket)}}
		}
		if !g.unix() || asked == "" || !(g.is(evidence.Connecting, evidence.Missing) || g.is(evidence.Connecting, evidence.Refused)) {
			return nil
		}
		at, f, ok := in.otherPHP(asked)
		if n := in.otherNamed(asked); !ok && n != nil && in.blind() {
			f, ok = fact(fromBackend, "PHP %s is there: %s", n.version, n.text), true
		}
		if !ok {
			return in.versionedGone(g)
		}
		o := &opinion{certainty: Likely, weight: 5, check: "ls -l /run/php/", evidence: []Fact{f, fact(fromLog, "the proxy asks for the socket of PHP %s", asked)}}
		for _, a := range in.answers(g) {
			if a.Address == at && a.sure() { // nobody else is passed to it, and it answers the same request
				o.certainty, o.evidence = in.proof(), append(o.evidence, probeFact(a.probe))
			}
		}
		if g.pass != nil && at != "" {
			o.where, o.remedies = in.readdress(g, at, at)
		}
		return o
	},
})

// packaged are the paths of the sockets that distributions' packages of php-fpm make.
var packaged = regexp.MustCompile(`^(?:/var)?/run/(?:php/)?php-?\d(?:\.?\d)?(?:-php)?-fpm[\w.-]*\.sock$`)

// versionedGone judges by the log alone: a distribution's socket with a version in its name is gone where another version came, as a rule.
func (in *inquiry) versionedGone(g *group) *opinion {
	if !in.blind() || g.Proxy != "" || !g.is(evidence.Connecting, evidence.Missing) || in.node(g.target) != nil || in.plainSocket || !packaged.MatchString(g.target.Address) {
		return nil
	}
	return &opinion{certainty: Likely, weight: 2, check: "ls -l /run/php/", evidence: []Fact{
		fact(fromLog, "the name of the socket carries PHP's version: another one may have come since")},
		also: []Alternative{{"socket-missing", "php-fpm may not be running at all", "ls -l /run/php/"}}}
}

var phpVersioned = regexp.MustCompile(`php-?(\d(?:\.?\d)?)(?:[^\d]|$)`)

// phpVersion reads the version in a name such as php8.1-fpm.sock, "" without one.
func phpVersion(s string) string {
	m := phpVersioned.FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	return m[1]
}

// otherPHP finds PHP of another version: its socket, if that is known, and the fact.
func (in *inquiry) otherPHP(asked string) (path string, f Fact, ok bool) {
	if in.host == nil {
		return "", f, false
	}
	other := func(s string) bool { v := phpVersion(s); return v != "" && v != asked }
	for _, l := range in.host.Listeners {
		if l.Network == "unix" && other(l.Address) {
			return l.Address, fact(fromSocket, "%s listens", describe(l)), true
		}
	}
	for _, p := range in.host.Paths {
		if n := p.Nodes[len(p.Nodes)-1]; n.Kind == "socket" && other(p.Path) {
			return p.Path, fact(fromFile, "%s is there", p.Path), true
		}
	}
	for _, p := range in.told().Pools {
		if other(p.Listen) {
			return p.Listen, fact(fromFile, "pool %s listens on %s", p.Name, p.Listen), true
		}
	}
	for _, u := range in.told().Units {
		if other(u.Name) && u.Active != "not found" && u.Active != "failed" {
			return "", fact(fromProcess, "the service %s is there: %s", u.Name, u.Active), true
		}
	}
	return "", f, false
}
