package diagnoser

import "strings"

// advice is what to do about a cause where the rule knows no edit and no exact target: typed, with the commands
// that a person types for a service of systemd, for a container, and on a plain host. In capitals stands
// what only people know; {host}, {port} and {path} are the upstream's.
var advice = map[string][]Remedy{
	"network-unreachable": {{Action: RemoveRoute, Summary: "remove or correct the route that refuses {host}",
		Commands: []string{"ip route get {host}", "ip route del KIND DESTINATION"}}},
	"ipv6-unreachable": {{Action: EditConfig, Summary: "name the backend's IPv4 address, or resolver ADDRESS ipv6=off",
		Commands: []string{"getent ahostsv4 NAME", "nginx -t && nginx -s reload"}}},
	"ephemeral-ports-exhausted": {
		{Action: EditConfig, Summary: "keep connections: keepalive 32 in the upstream{} block, proxy_http_version 1.1 and an empty Connection header", Commands: reload()},
		{Action: SetLimit, Summary: "widen the range of local ports", Params: &Params{Setting: "net.ipv4.ip_local_port_range", Value: "1024 65535"}, Mitigation: true,
			Commands: []string{"sysctl -w net.ipv4.ip_local_port_range='1024 65535'"}}},
	"fd-limit": {{Action: SetLimit, Summary: "let the proxy open more files: at least twice worker_connections", Params: &Params{Setting: "LimitNOFILE"},
		Commands: []string{"systemctl edit nginx # [Service] LimitNOFILE=65536, then systemctl restart nginx", "docker run --ulimit nofile=65536:65536 ...",
			"worker_rlimit_nofile 65536; # in nginx.conf, then nginx -t && nginx -s reload"}}},
	"worker-connections-exhausted": {{Action: EditConfig, Summary: "a larger worker_connections in events{}, with worker_rlimit_nofile at least twice it", Commands: reload()}},
	"conntrack-table-full": {{Action: SetLimit, Summary: "a larger connection tracking table", Params: &Params{Setting: "net.netfilter.nf_conntrack_max"},
		Commands: []string{"sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max", "sysctl -w net.netfilter.nf_conntrack_max=NUMBER"}}},
	"nginx-memory-limit": {{Action: SetLimit, Summary: "more memory for the proxy", Params: &Params{Setting: "MemoryMax"},
		Commands: []string{"systemctl set-property nginx MemoryMax=SIZE", "docker update --memory SIZE CONTAINER"}}},
	"worker-killed-oom": {
		{Action: ChangeBackend, Summary: "fewer workers, or less memory per request", Params: &Params{},
			Commands: []string{"journalctl -k | grep -i 'killed process'", "systemctl set-property APP MemoryMax=SIZE", "docker update --memory SIZE --memory-swap SIZE CONTAINER"}}},
	"worker-pool-exhausted": {{Action: ChangeBackend, Summary: "find what keeps the workers busy; more of them where memory bears it", Params: &Params{},
		Commands: []string{"pm.max_children = NUMBER # php-fpm, then systemctl reload php-fpm", "gunicorn --workers NUMBER --threads NUMBER"}}},
	"worker-timeout": {
		{Action: ChangeBackend, Summary: "a faster request, or work in the background", Params: &Params{}},
		{Action: ChangeBackend, Summary: "a longer limit in the backend, above the proxy's read timeout", Params: &Params{}, Mitigation: true,
			Commands: []string{"gunicorn --timeout SECONDS", "request_terminate_timeout = SECONDS # php-fpm", "harakiri = SECONDS # uWSGI"}}},
	"backend-binds-loopback": {{Action: ChangeBackend, Summary: "let the backend listen on an address that the proxy reaches", Params: &Params{Setting: "bind", Value: "0.0.0.0"},
		Commands: []string{"APP --host 0.0.0.0 --port {port}", "environment: [HOST=0.0.0.0] # compose"}}},
	"container-localhost": {{Action: EditConfig, Summary: "name the backend's service, or host.docker.internal, instead of {host}",
		Commands: []string{"proxy_pass http://SERVICE:{port};", "extra_hosts: ['host.docker.internal:host-gateway'] # compose, for a backend on the host"}}},
	"docker-network-mismatch": {{Action: JoinNetwork, Summary: "one network for the proxy and the backend", Params: &Params{},
		Commands: []string{"docker network connect NETWORK CONTAINER", "networks: {default: {external: true, name: NETWORK}} # compose", "docker exec PROXY nginx -s reload"}}},
	"duplicate-service-name": {{Action: EditConfig, Summary: "a name that only the backend has on the shared network",
		Commands: []string{"docker network inspect NETWORK", "docker exec PROXY getent ahosts NAME"}}},
	"stale-upstream-ip": {{Action: ReloadProxy, Summary: "look the name up again, until the address changes next", Mitigation: true,
		Commands: []string{"nginx -s reload", "docker exec PROXY nginx -s reload"}}},
	"start-order": {{Action: ChangeBackend, Summary: "start the proxy when the backend is ready", Params: &Params{},
		Commands: []string{"systemctl edit nginx # [Unit] After=APP.service Wants=APP.service", "depends_on: {app: {condition: service_healthy}} # compose", "loginctl enable-linger USER # for a user's service"}}},
	"backend-rejects-body": {{Action: ChangeBackend, Summary: "a larger limit for bodies in the backend, or an answer only after the body was read", Params: &Params{},
		Commands: []string{"client_max_body_size SIZE; # in the proxy, not above the backend's limit: then it answers 413 by itself"}}},
	"backend-restarted": {{Action: ChangeBackend, Summary: "restart without a gap: the listening socket stays open, and with it the queue", Params: &Params{},
		Commands: []string{"systemctl reload APP # gunicorn: kill -HUP; php-fpm: kill -USR2", "systemctl edit --full --force APP.socket # [Socket] ListenStream={path}: systemd keeps the socket"}}},
	"socket-private-tmp": {{Action: ChangeBackend, Summary: "move the socket from {path} to a directory below /run", Params: &Params{Setting: "listen"},
		Commands: []string{"systemctl edit APP # [Service] RuntimeDirectory=app", "systemctl show -p PrivateTmp nginx"}}},
	"sandbox-network-permission": {{Action: SetPolicy, Summary: "allow the address family to the proxy's service", Params: &Params{Policy: "RestrictAddressFamilies"},
		Commands: []string{"systemctl edit nginx # [Service] RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6", "docker run --security-opt seccomp=PROFILE ..."}}},
	"temp-dir-permission": {{Action: SetPermission, Summary: "give the temporary directory to the worker's user", Params: &Params{Mode: "0700"},
		Commands: []string{"ps -o user= -C nginx | sort -u", "chown -R USER DIRECTORY && chmod 0700 DIRECTORY"}}},
	"temp-dir-full": {{Action: ChangeBackend, Summary: "room on the file system, or another proxy_temp_path", Params: &Params{}, Commands: []string{"df -h DIRECTORY; df -i DIRECTORY"}},
		{Action: EditConfig, Summary: "proxy_max_temp_file_size 0: no temporary files", Mitigation: true, Commands: reload()}},
	"slow-client-temp-file": {{Action: EditConfig, Summary: "proxy_max_temp_file_size 0 in that location: the backend is read at the client's pace", Commands: reload()}},
	"firewall-reject": {{Action: RemoveFilter, Summary: "open the port on the backend's host", Params: &Params{},
		Commands: []string{"firewall-cmd --permanent --add-port={port}/tcp && firewall-cmd --reload", "ufw allow {port}/tcp", "iptables -L -n -v --line-numbers"}}},
	"app-dependency-down": {{Action: ChangeBackend, Summary: "bring back what the backend waits for; give it a timeout of its own", Params: &Params{},
		Commands: []string{"systemctl status DEPENDENCY", "docker compose ps DEPENDENCY"}}},
	"passive-health-check": {{Action: EditConfig, Summary: "max_fails=0 on the servers of the group", Commands: reload()}},
	"resolver-unreachable": {{Action: EditConfig, Summary: "a resolver that answers here", Commands: []string{"grep nameserver /etc/resolv.conf", "resolver 127.0.0.11 valid=10s; # Docker's own networks"}}},
	"upstream-cert-verify": {{Action: EditConfig, Summary: "proxy_ssl_trusted_certificate with the authority that signed the backend's certificate, proxy_ssl_name with its name",
		Commands: []string{"openssl s_client -connect {host}:{port} -servername NAME -showcerts"}},
		{Action: EditConfig, Summary: "proxy_ssl_verify off: encrypted to whoever answers", Mitigation: true, Commands: reload()}},
	"worker-crash":          {{Action: RestartBackend, Summary: "restart the backend; then find what crashed", Mitigation: true, Params: &Params{}, Commands: []string{"coredumpctl list", "journalctl -k | grep -i segfault"}}},
	"worker-crash-segfault": {{Action: RestartBackend, Summary: "restart the backend; then update or remove the extension that crashed", Mitigation: true, Params: &Params{}, Commands: []string{"coredumpctl info", "journalctl -k | grep -i segfault"}}},
}

// adviceFor fills a cause's advice in for a group.
func adviceFor(cause string, g *group) (list []Remedy) {
	host, port := hostOf(g.target.Address), portIn(g.target.Address)
	if !g.known() {
		host, port = "ADDRESS", "PORT"
	}
	fill := strings.NewReplacer("{host}", host, "{port}", orCapital(port, "PORT"), "{path}", orCapital(g.target.Address, "PATH"))
	for _, r := range advice[cause] {
		r.Summary = fill.Replace(r.Summary)
		commands := make([]string, 0, len(r.Commands))
		for _, c := range r.Commands {
			commands = append(commands, fill.Replace(c))
		}
		r.Commands = commands
		if r.Params != nil {
			params := *r.Params
			if g.known() && r.Action != SetLimit && r.Action != RemoveFilter && r.Action != SetPolicy && r.Action != SetPermission {
				params.Upstream = g.target.String()
			}
			r.Params = &params
		}
		if r.Params == nil || r.Params.Upstream != "" || !ofBackend(r) {
			list = append(list, r)
		}
	}
	return list
}

func orCapital(s, word string) string {
	if s == "" {
		return word
	}
	return s
}
