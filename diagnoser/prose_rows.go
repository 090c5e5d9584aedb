package diagnoser

import (
	"regexp"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// proses are what people write of a failure, in any order.
var proses = []prose{
	{"selinux-denial", regexp.MustCompile(`(?i)\bsetsebool\b|\bhttpd_can_network|\bsetenforce 0\b|selinux\W+(?:is |status:? *|mode:? *)?enforcing|\bavc:\s+denied`),
		func(g *group) bool { return denied(g) || g.Phase == evidence.Resolving }, "SELinux is spoken of", false},
	{"socket-private-tmp", regexp.MustCompile(`(?i)\bPrivateTmp\s*=?\s*(?:true|yes)?|systemd-private-\w+`),
		func(g *group) bool { return g.is(evidence.Connecting, evidence.Missing) && inTmp(g.target.Address) }, "systemd's private /tmp is spoken of", false},
	{"worker-crash-segfault", regexp.MustCompile(`(?i)segmentation fault|\bsegfault(?:s|ed|ing)?\b|\bSIGSEGV\b|\bsignal 11\b|exit(?:ed with)? code:? 139\b|access violation|0xc0000005`),
		func(g *group) bool { return lateOrDead(g) || missed(g) }, "a segmentation fault is spoken of", false},
	{"worker-killed-oom", regexp.MustCompile(`(?i)\bOOM[- ]?kill|\bout of memory\b|exit(?:ed)?(?: with)?(?: code)?:? ?\(?137\b|killed process \d+`),
		func(g *group) bool { return lateOrDead(g) || missed(g) }, "a kill for memory is spoken of", false},
	{"start-order", regexp.MustCompile(`(?i)\w[\w ,']* \W?depends_on\b|\bdepends_on\b.*(?:start|order|ready|solv|fix|help|healthy)|condition: service_healthy|for the first .{0,20}(?:minute|second)s|(?:fine|works?|up|gone|ok|away) .{0,20}(?:minute|second)s? later|goes away (?:by itself|on its own)|(?:starts?|started|starting|comes? up) .{0,20}(?:before|after|earlier than|too early) .{0,20}(?:nginx|proxy|app|backend|service|container|database)|only started after|after (?:a |every |each )?(?:re)?boot|on (?:first )?boot|(?:during|while|on|at) (?:\w+ )?start(?:[- ]?up|ing up)\b|(?:isn.t|is not|wasn.t|not) (?:yet available|available yet)|(?:takes|took|needs) .{0,30}to (?:start|boot|come up)|(?:still|not yet) (?:starting|booting|ready)|before .{0,30}(?:is|was) (?:up|ready|started)|user logs? in|enable-linger`),
		func(g *group) bool { return missed(g) && g.Errno != 113 || g.Signature == "host not found" }, "it is spoken of a backend that comes up late", false},
	{"upstream-cert-verify", regexp.MustCompile(`(?i)self[- ]?signed|SSLProxyCheckPeer(?:Name|CN|Expire)|certificate (?:has |is )?(?:expired|not trusted|untrusted)`),
		func(g *group) bool { return g.Phase == evidence.Handshaking && tlsMeaning(g.Message) == "" }, "a certificate that does not stand up is spoken of", false},
	{"websocket-upgrade-missing", regexp.MustCompile(`(?i)web ?sockets? .{0,40}(?:fail|do(?:es)? ?n.t|not work|disconnect)|missing .{0,20}upgrade header|\bbad handshake\b.*websocket`),
		func(g *group) bool { return g.died() || webSocketPath(g) }, "websockets are said to fail", false},
	{"keepalive-race", regexp.MustCompile(`(?i)keepAliveTimeout|keep-?alive timeout|\bupstream\b.{0,40}\bkeep-?a\w{3,6}\b|\bkeepalive \d+|idle connection|(?:sometimes|randomly|occasionally|sporadically|intermittently|rarely) (?:occur|happen|fail)s?\b|(?:occur|happen|fail)s? (?:\w+ )?(?:sometimes|randomly|occasionally|sporadically|intermittently|rarely)|(?:sporadic|intermittent|random|occasional)(?:ly)? .{0,30}50[24]|50[24]s? .{0,30}(?:sporadic|intermittent|random|occasional)`),
		cutWhileIdle, "keep-alive, or errors now and then, are spoken of", false},
	{"keepalive-hang", regexp.MustCompile(`(?i)(?:disabl|turn|switch|without|remov)\w* .{0,20}keep-?alive|Connection: close\b.{0,40}(?:work|help|fix)`),
		func(g *group) bool { return g.late() }, "it is said to work without keep-alive", false},
	{"worker-timeout", regexp.MustCompile(`(?i)(?:after|at|always|every) (?:exactly |about |around |roughly |~ ?)?(?:30|120) ?s(?:ec\w*)?\b|\brequest_terminate_timeout\b|\bharakiri\b|gunicorn.{0,40}--timeout|worker timeout`),
		func(g *group) bool { return g.died() && g.Phase == evidence.ReadingHeader }, "an application server's time limit is spoken of", false},
	{"worker-exits-max-requests", regexp.MustCompile(`(?i)\bPHP_FCGI_MAX_REQUESTS\b|\bmax[-_]requests\b`),
		func(g *group) bool { return g.died() || refusedAtConnect(g) || lateOnWindows(g) }, "a limit of requests per worker is spoken of", false},
	{"worker-pool-exhausted", regexp.MustCompile(`(?i)all (?:the )?(?:workers|threads|processes|php-fpm children) (?:are|were) (?:busy|blocked|occupied|in use|stuck)|\b(?:single|one|1) (?:gunicorn |sync |puma |uvicorn )*worker\b|thread pool (?:is )?(?:full|exhaust)|pm\.max_children|(?:--workers|-w)[ =]1\b`),
		func(g *group) bool { return g.late() || g.Errno == 11 }, "workers that are all busy are spoken of", false},
	{"app-hang", regexp.MustCompile(`(?i)\bdead ?lock|hangs? (?:forever|indefinitely|too|there|until)|never (?:answers|returns|responds|finishes|comes back)|(?:unresponsive|stuck|frozen|hung)\b.{0,40}(?:until|restart)|infinite (?:loop|recursion)`),
		func(g *group) bool { return g.late() && g.Phase == evidence.ReadingHeader }, "a backend that hangs is spoken of", false},
	{"long-poll-timeout", regexp.MustCompile(`(?i)\bEventSource\b|server-sent events|text/event-stream|long[- ]?polling|\bBOSH\b`),
		pausedOrLate, "requests that wait for news are spoken of", false},
	{"header-timeout-dribble", regexp.MustCompile(`(?i)header.{0,60}(?:byte by byte|line by line|one (?:line|byte) (?:at a time|every)|trickl|dribbl|never completes?)`),
		func(g *group) bool { return g.late() && g.Timer && g.Phase == evidence.ReadingHeader }, "a header that comes in pieces is spoken of", false},
	{"backend-restarted", regexp.MustCompile(`(?i)(?:during|while|whenever|at|on) (?:each |every |a |the |we )*(?:deploy\w*|releas\w*|rollout|rolling update)\b|pm2 (?:restart|reload)\b|rolling (?:update|restart)|when .{0,30}(?:is|gets?|being) (?:re)?deployed|(?:hot|phased)[- ]restart|(?:when|while|during|whenever|each time|every time|after) .{0,20}restart\w* (?:of )?(?:the |my |our |a )*(?:puma|unicorn|gunicorn|u[wW]SGI|rails|kestrel|tomcat|pm2)\b`),
		func(g *group) bool { return missed(g) || g.died() }, "a deployment is spoken of", false},
	{"duplicate-service-name", regexp.MustCompile(`(?i)(?:every|each) (?:second|other) request|two containers .{0,40}same (?:name|alias)|same (?:service )?(?:name|alias) .{0,40}(?:two|both|another|other)|round[- ]robins? between`),
		func(g *group) bool {
			return g.Outcome != "" && inContainer(g.target.Address) || stderrKind(g.Message) != ""
		}, "one name for several containers is spoken of", true},
	{"backend-down", regexp.MustCompile(`\bExited \([1-9]\d*\)|\bCrashLoopBackOff\b|\bImagePullBackOff\b|(?i)(?:was|is|were) not (?:even )?(?:running|started|up)\b`),
		missed, "a backend that does not run is spoken of", false},
	{"backend-overloaded", regexp.MustCompile(`(?i)load test|stress test|\bjmeter\b|\bsiege -|\bwrk -|\bab -[nc]\b|\bk6 run|\blocust\b|(?:high|heavy) (?:load|traffic)|(?:cpu|load) .{0,20}(?:100|9\d) ?%|load average: [1-9]\d`),
		func(g *group) bool { return g.late() || g.Outcome == evidence.Exhausted || g.died() }, "a high load is spoken of", false},
	{"app-dependency-down", regexp.MustCompile(`(?i)(?:database|mysql|mariadb|postgres\w*|redis|mongo\w*|elastic\w*|rabbitmq|ldap|kafka|oracle|sql server)\b.{0,40}(?:is |was |are )?(?:down|unreachable|not running|refused|stopped|unavailable|crashed|timed? ?out|too many connections)`),
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
	{"stale-upstream-ip", regexp.MustCompile(`(?i)(?:ip|address|pod|endpoint|container|task)\b.{0,30}\b(?:no longer|not) (?:exists?|present|there|running any ?more)\b|\b(?:old|deleted|terminated|previous|stale|non-?exist\w+) (?:pod|ip|endpoint|container|task)\b|(?:restart|reload)\w* (?:of )?(?:the )?(?:nginx|proxy|web|gateway|haproxy|ingress|apache|httpd|controller).{0,40}(?:fix|help|solv|work|cure)|(?:back|again|away|fixe[sd]|solve[sd]|cure[sd]|until|as soon as|only) .{0,40}(?:restart|reload)\w* (?:the )?(?:nginx|proxy|haproxy|traefik|ingress|apache|httpd|gateway)|(?:new|changed|different|old) ip(?: address)?\b|ip(?: address)? (?:has |had )?changed|recreat\w+ .{0,20}container`),
		func(g *group) bool { return noConnection(g) && !g.unix() }, "an address that changed is spoken of", false},
	{"container-localhost", regexp.MustCompile(`host\.docker\.internal|host-gateway|network_mode: ?"?host`),
		func(g *group) bool { return refusedAtConnect(g) && loopback(g.target.Address) }, "the host as seen from a container is spoken of", false},
	{"firewall-reject", regexp.MustCompile(`(?i)firewall-cmd|firewalld|iptables .{0,30}REJECT`),
		func(g *group) bool { return g.Phase == evidence.Connecting && g.Errno == 113 }, "firewalld is spoken of", false},
	{"firewall-drop", regexp.MustCompile(`(?i)\bufw\b|\bipfw\b|\biptables\b|\bnftables\b|security group|network ?polic(?:y|ies)|\bfirewall\b`),
		func(g *group) bool { return g.is(evidence.Connecting, evidence.TimedOut) }, "a firewall is spoken of", false},
}
