package diagnoser

import (
	"regexp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

func missingSocket(g *group) bool { return g.is(evidence.Connecting, evidence.Missing) && g.unix() }

// proxyProses are what people write of where the backend is, and of how the proxy asks it.
var proxyProses = []prose{
	{"stale-upstream-ip", regexp.MustCompile(`(?i)\b(?:old|stale|expired|previous|outdated|cached) (?:\w+ )?(?:ip|address)`),
		func(g *group) bool { return noConnection(g) && !g.unix() }, "an address of the past is spoken of", false},
	{"protocol-mismatch", regexp.MustCompile(`(?i)(?:uwsgi|fastcgi|grpc|scgi|proxy)_pass\W.{0,60}\b(?:uwsgi|fastcgi|grpc|scgi|proxy)_pass|instead of .{0,6}(?:uwsgi|fastcgi|grpc|scgi|proxy)_pass`),
		func(g *group) bool { return g.died() || g.Outcome == evidence.Invalid }, "another kind of pass is spoken of", false},
	{"stale-upstream-ip", regexp.MustCompile(`(?i)(?:after|since) (?:a |an |the |every |each |my )*(?:\w+ )?(?:re)?boot\w*|restart\w* (?:[\w-]+ ){0,6}(?:containers?|pods?)\b|docker[- ]compose (?:restart|up)\b`),
		func(g *group) bool { return g.Phase == evidence.Connecting && g.Errno == 113 && !g.unix() }, "a start anew of the containers is spoken of", false},
	{"backend-down", regexp.MustCompile(`\bRestarting \(\d+\)|Restarting.{0,2}状态|(?:不断|反复|一直|无限)(?:地|在)?重启|(?i)(?:re)?start(?:ing|s)?[- ]loop|crash(?:ing|es)?[- ]?loop|keeps? (?:on )?(?:restarting|crashing|dying|exiting|stopping)|(?:constantly|always|endlessly|repeatedly) (?:restart|crash)\w*|(?:restarts|crashes) (?:constantly|repeatedly|over and over|all the time)|(?:fail(?:s|ed)|unable|not able|refuses) to (?:start|boot|come up)\b|(?:does(?:n't| not)|did(?:n't| not)|wo(?:n't|uld not)) (?:even )?start\b`),
		missed, "a backend that does not stay up is spoken of", false},
	{"worker-crash-segfault", regexp.MustCompile(`(?i)(?:disabl|remov|without|turn\w* off|uninstall|deactivat)\w* .{0,30}(?:xdebug|opcache|blackfire|ioncube|new ?relic|imagick|apcu?)\b|(?:xdebug|opcache|blackfire|ioncube|new ?relic|imagick|apcu?)\b .{0,20}(?:disabled|removed|off)\b`),
		func(g *group) bool { return g.died() && g.Phase == evidence.ReadingHeader }, "an extension of PHP is spoken of, without which it works", false},
	{"worker-crash", regexp.MustCompile(`(?i)\bcrash(?:es|ing|ed)\b`),
		func(g *group) bool { return g.died() || g.Phase == evidence.ReadingBody && g.Outcome == evidence.Reset }, "a crash is spoken of", false},
	{"backend-request-header-limit", regexp.MustCompile(`(?i)(?:lots? of|many|large|big|huge|long) (?:\w+ )?(?:cookies?|headers?|tokens?)\b|\bset (?:\w+ )?cookies\b|clear\w* .{0,20}cookies|(?:header|cookie)s? .{0,20}too (?:large|big|long)|\bbuffer-size\b|max-http-header-size`),
		func(g *group) bool { return g.died() && g.Phase == evidence.ReadingHeader }, "large headers are spoken of", false},
	{"worker-timeout", regexp.MustCompile(`(?i)exactly (?:\w+ )?\d+ ?s(?:ec\w*)?\b|(?:accurately|precisely|to be|(?:fails|breaks|ends|stops|dies)) (?:at |after )?\d+ ?sec\w*|takes? (?:more than |longer than |over |about )?\d+ ?sec\w*|(?:after|longer than|more than) (?:about |roughly |around |~ ?)?\d+ ?sec\w*`),
		func(g *group) bool { return g.died() && g.Phase == evidence.ReadingHeader }, "a number of seconds is spoken of", false},
	{"backend-rejects-upgrade", regexp.MustCompile(`(?i)\bupgrade requests?\b`),
		func(g *group) bool {
			return g.died() && g.Phase == evidence.ReadingHeader && !strings.Contains(g.Request, ".php")
		}, "requests for an upgrade are spoken of", false},
	{"start-order", regexp.MustCompile(`(?i)start(?:ing|[- ]?up)? order|wait(?:s|ing)? for .{0,40}(?:ready|be up|start|available)|before .{0,50}(?:available|reachable|resolvable)|(?:can(?:no|')t|not) (?:work|run|start) without`),
		func(g *group) bool { return missed(g) || g.Signature == "host not found" }, "an order of starts is spoken of", false},
	{"socket-permission", regexp.MustCompile(`(?i)write (?:access|permissions?)|chmod (?:-R )?(?:[oa]\+r?w\b|0?66[06]\b)|chmod-socket|umask`),
		deniedUnix, "the right to write to the socket is spoken of", false},
	{"parent-dir-permission", regexp.MustCompile(`(?i)chmod (?:-R )?(?:[augo]*\+[rwX]*x\b|0?7[0-5][15] /)|(?:execute|search|traverse)\W+(?:\w+ )?(?:permissions?|access|right|bit)`),
		deniedUnix, "the right to pass a directory is spoken of", false},
	{"socket-missing", regexp.MustCompile(`(?i)(?:file|sock\w*)\b.{0,40}(?:does(?:n't| not) exist|not (?:there|found|created|exist\w*|on|in)\b|nowhere|missing|never (?:created|appears))|there is(?:n't| no| not any) (?:\w+ )?(?:sock\w*|file)\b`),
		missingSocket, "a socket that is not there is spoken of", false},
	{"socket-private-tmp", regexp.MustCompile(`(?i)(?:\.sock\w*|socket|file)\W+(?:\w+\W+){0,4}(?:does exist|exists|is there|is present|do exist)|存在`),
		func(g *group) bool { return missingSocket(g) && inTmp(g.target.Address) }, "the socket is said to be there", false},
	{"container-localhost", regexp.MustCompile(`(?i)localhost\W+(?:\w+\W+){0,3}(?:inside|within|in) (?:the |a |an |that )?(?:\w+ )?container|(?:is|refers to|means|points to) the (?:\w+ )?container itself`),
		func(g *group) bool { return refusedAtConnect(g) && (loopback(g.target.Address) || !g.known()) }, "what localhost is in a container is spoken of", false},
	{"wrong-port", regexp.MustCompile(`(?i)(?:wrong|incorrect|mismatch\w*|not the same) port|port (?:mismatch|is wrong|was wrong)|listen\w* on (?:port )?\d{2,5},? (?:instead|not|rather)|instead of (?:port )?:?\d{4,5}\b|监听的?端口不|端口(?:错误|不一致|不对|写错)`),
		refusedAtConnect, "another port is spoken of", false},
	{"backend-binds-loopback", regexp.MustCompile(`(?i)0\.0\.0\.0.{0,60}(?:instead of|rather than|not) .{0,20}(?:127\.0\.0\.1|localhost)|(?:listen|bind|bound)\w* (?:only )?(?:on|to) (?:127\.0\.0\.1|localhost|loopback)`),
		func(g *group) bool { return refusedAtConnect(g) && g.known() && !loopback(g.target.Address) }, "a backend on the loopback address is spoken of", false},
	{"wrong-host", regexp.MustCompile(`(?i)\bdns_search\b|\bsearch domains?\b|\bndots\b`),
		func(g *group) bool { return noConnection(g) && !g.unix() }, "a search domain of the resolver is spoken of", false},
	{"sni-missing", regexp.MustCompile(`\bSNI\b|proxy_ssl_server_name`),
		func(g *group) bool {
			return g.Phase == evidence.Handshaking && g.Signature != "plain text" && g.Signature != "tls certificate"
		}, "the name in the handshake is spoken of", false},
	{"localhost-dual-stack", regexp.MustCompile(`(?i)localhost .{0,60}(?:ipv6|::1)|(?:ipv6|::1) .{0,60}localhost`),
		func(g *group) bool {
			return refusedAtConnect(g) && (!g.known() || g.target.Network == "tcp" && loopback(g.target.Address))
		}, "localhost's two addresses are spoken of", false},
}
