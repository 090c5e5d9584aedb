package diagnoser

import (
	"fmt"
	"strings"
)

// unixPeers are the peers that are sockets.
func (in *inquiry) unixPeers() (list []peer) {
	for _, p := range in.peers() {
		if p.network == "unix" {
			list = append(list, p)
		}
	}
	return list
}

var _ = registerCheck(check{
	name: "socket-in-tmp", cause: "socket-private-tmp", severity: SeverityWarning,
	doc: CheckDoc{
		What: "The socket is in /tmp or /var/tmp. Where a service runs with systemd's PrivateTmp, it has a /tmp of its own: the socket exists, and the proxy answers 502, " +
			"\"No such file or directory\" (2).",
		Mends: "A folder below /run for the socket (RuntimeDirectory= of the backend's service).",
		From:  "connect(2) looks the path up in the worker's mount namespace; systemd.exec, PrivateTmp=.",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.unixPeers() {
			if !strings.HasPrefix(p.address, "/tmp/") && !strings.HasPrefix(p.address, "/var/tmp/") {
				continue
			}
			m := remark{at: p.at, certainty: Possible, upstream: p.target().String(), says: p.address + " is in a folder that a service with PrivateTmp has to itself",
				decides: "systemctl show -p PrivateTmp nginx.service and that of the backend"}
			if in.privateTmp != nil {
				m.certainty, m.evidence = Likely, []Fact{*in.privateTmp}
			}
			if node := in.node(p.target()); node != nil && node.Kind == "socket" && in.privateTmp == nil {
				continue // it is there for the proxy
			}
			found = append(found, m)
		}
		return found
	},
})

var _ = registerCheck(check{
	name: "socket-under-home", cause: "parent-dir-permission", severity: SeverityWarning,
	doc: CheckDoc{
		What: "The socket is below /home or /root. Home folders usually let only their owner in (0700 or 0750): the worker may not search the folder, and connect fails with " +
			"\"Permission denied\" (13), whatever the socket's own mode.",
		Mends: "A folder below /run for the socket; search permission (x) on the folder for the worker's user works too.",
		From:  "path_resolution(7): every folder of a path needs search permission.",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.unixPeers() {
			if !strings.HasPrefix(p.address, "/home/") && !strings.HasPrefix(p.address, "/root/") {
				continue
			}
			m := remark{at: p.at, certainty: Possible, upstream: p.target().String(), says: p.address + " is in a home folder, which the worker may not enter",
				decides: "namei -l " + p.address}
			if walked, worker := in.path(p.address), in.worker(); walked != nil && worker != nil {
				node := denier(worker, walked)
				if node == nil {
					continue
				}
				m.certainty, m.evidence = in.proof(), []Fact{nodeFact(node), workerFact(worker)}
			}
			found = append(found, m)
		}
		return found
	},
})

// pathMax is what sun_path holds with its final zero (unix(7)).
const pathMax = 107

var _ = registerCheck(check{
	name: "socket-path-too-long", cause: "config-error", severity: SeverityError,
	doc: CheckDoc{
		What:  "The path of the socket is longer than 107 bytes, more than a unix address holds: nginx does not start.",
		Mends: "A shorter path.",
		From:  "ngx_parse_unix_domain_url(): \"too long path in the unix domain socket\".",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.unixPeers() {
			if len(p.address) > pathMax {
				found = append(found, refused(p.at, fmt.Sprintf("too long path in the unix domain socket (%d bytes)", len(p.address))))
			}
		}
		return found
	},
})

var _ = registerCheck(check{
	name: "fastcgi-socket-suffix", cause: "script-not-found", severity: SeverityNote,
	doc: CheckDoc{
		What:  "Behind the socket's path stands \":/…\", as in proxy_pass. FastCGI has no such part: nginx accepts and ignores it. The script is told by SCRIPT_FILENAME.",
		Mends: "The socket alone.",
		From:  "ngx_parse_unix_domain_url() takes it for a URI, which ngx_http_fastcgi_pass() does not use.",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.httpPasses() {
			socket, suffix, ok := strings.Cut(strings.TrimPrefix(p.Directive.Arg(0), "unix:"), ":")
			if p.Network != "unix" || p.Prefix == "proxy_" || p.Prefix == "grpc_" || !ok || suffix == "" {
				continue
			}
			found = append(found, remark{at: p.Directive, certainty: Proved, says: fmt.Sprintf(`":%s" is accepted and ignored`, suffix),
				remedies: in.edit("name the socket alone", in.swap(p.Directive, 0, socket+":"+suffix, socket))})
		}
		return found
	},
})

var _ = registerCheck(check{
	name: "socket-of-other-version", cause: "socket-wrong-version", severity: SeverityError,
	doc: CheckDoc{
		What: "php-fpm listens on another socket than the one that nginx connects to, as after an upgrade from one PHP version to the next: " +
			"\"No such file or directory\" (2), 502. Reported where the pool's file is given with --evidence.",
		Mends: "One path in both: fastcgi_pass, and listen of the pool.",
		From:  "fpm_sockets.c binds what listen says; directive listen of a php-fpm pool.",
	},
	look: func(in *inquiry) (found []remark) {
		sockets := in.poolSockets()
		if len(sockets) == 0 {
			return nil
		}
		for _, p := range in.unixPeers() {
			if p.pass.Protocol != "fastcgi" || in.poolAt(p.address) != nil || !fpmSocket.MatchString(p.address) || in.listener(p.target()) != nil {
				continue
			}
			m := remark{at: p.at, certainty: Likely, upstream: p.target().String(), says: "no pool that was given listens on " + p.address, decides: "ss -xl | grep fpm"}
			for _, s := range sockets {
				m.evidence = append(m.evidence, poolFact(s, "listen", s.Listen))
			}
			if len(sockets) == 1 {
				m.remedies = in.edit("connect to the socket of the pool", in.swap(p.at, 0, p.address, sockets[0].Listen))
			}
			found = append(found, m)
		}
		return found
	},
})

var _ = registerCheck(check{
	name: "socket-mode", cause: "socket-permission", severity: SeverityError,
	doc: CheckDoc{
		What: "The pool gives its socket to an owner, a group and a mode that leave the user of nginx's workers out: \"Permission denied\" (13), 502. " +
			"Reported where the pool's file is given with --evidence.",
		Mends: "listen.owner or listen.group of the pool: the user of nginx's workers.",
		From:  "unix(7): connect needs write permission on the socket; directives user of nginx, listen.owner, listen.group and listen.mode of php-fpm.",
	},
	look: func(in *inquiry) (found []remark) {
		user := in.config.Effective(nil, "user")
		if user == nil || user.Arg(0) == "root" {
			return nil
		}
		group := user.Arg(0)
		if len(user.Args) > 1 {
			group = user.Arg(1)
		}
		for _, p := range in.unixPeers() {
			pool := in.poolAt(p.address)
			if pool == nil || admitsUser(pool, user.Arg(0), group) || in.node(p.target()) != nil {
				continue
			}
			found = append(found, remark{at: p.at, certainty: Likely, upstream: p.target().String(), decides: "namei -l " + p.address + "; id " + user.Arg(0),
				says:     fmt.Sprintf("the socket belongs to %s:%s with mode %04o, and the workers run as %s", pool.Owner, pool.ListenGroup, poolMode(pool), user.Arg(0)),
				evidence: []Fact{poolFact(pool, "listen", pool.Listen), in.configFact(user, "%s", user.Text())}})
		}
		return found
	},
})
