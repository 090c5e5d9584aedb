package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = registerCheck(check{
	name: "no-usable-server", cause: "no-live-upstreams", severity: SeverityError,
	doc: CheckDoc{
		What:  "No server of the upstream{} can take a request. All are marked down: \"no live upstreams\", 502. None but backups, or none at all: nginx does not start.",
		Mends: "A server without down and backup.",
		From: "ngx_http_upstream(): \"no servers are inside upstream\"; ngx_http_upstream_init_round_robin(): \"no servers in upstream\"; " +
			"ngx_http_upstream_get_peer() passes over peers that are down.",
	},
	look: func(in *inquiry) (found []remark) {
		for _, g := range in.config.Groups() {
			if !nginx.HTTP(g.Directive) || !in.config.Complete(g.Directive) && lacksServers(g) || g.Directive.Child("state") != nil {
				continue
			}
			down, backup := 0, 0
			for _, s := range g.Servers {
				switch {
				case s.Has("backup"):
					backup++
				case s.Has("down"):
					down++
				}
			}
			switch {
			case len(g.Servers) == 0:
				found = append(found, refused(g.Directive, "no servers are inside upstream"))
			case backup == len(g.Servers):
				m := refused(g.Servers[0].Directive, `no servers in upstream "`+g.Name+`"`)
				s := g.Servers[0]
				m.remedies = in.edit("let the first be no backup", in.dropArg(s.Directive, s.Parameter("backup")))
				found = append(found, m)
			case down+backup == len(g.Servers) && backup == 0 && in.isUsed(g):
				found = append(found, remark{at: g.Servers[0].Directive, certainty: Proved,
					says: "every server of " + g.Name + " is marked down: each request ends in \"no live upstreams\", 502"})
			}
		}
		return found
	},
})

// lacksServers tells that a group is empty, which means something only where all is known.
func lacksServers(g nginx.Group) bool { return len(g.Servers) == 0 }

func (in *inquiry) isUsed(g nginx.Group) bool {
	for _, p := range in.httpPasses() {
		if p.Group != nil && p.Group.Name == g.Name {
			return true
		}
	}
	return false
}

// dropArg takes one argument out, with the space in front of it.
func (in *inquiry) dropArg(d *nginx.Directive, i int) nginx.Edit {
	start, end := d.Start+len(d.Name), d.Args[i].End
	if i > 0 {
		start = d.Args[i-1].End
	}
	return nginx.Edit{File: d.File, Offset: start, Old: in.config.Text(d.File)[start:end], New: ""}
}

var _ = registerCheck(check{
	name: "max-conns-single-server", cause: "no-live-upstreams", severity: SeverityNote,
	doc: CheckDoc{
		What:  "The only server of the upstream{} has max_conns: one request more than that at a time is not queued but answered 502, \"no live upstreams\".",
		Mends: "A limit that the backend needs, and limit_conn with an answer of its own for what is above; or no max_conns.",
		From:  "ngx_http_upstream_get_round_robin_peer(): a single peer is busy at max_conns, NGX_BUSY.",
	},
	look: func(in *inquiry) (found []remark) {
		for _, g := range in.config.Groups() {
			if len(g.Servers) != 1 || !nginx.HTTP(g.Directive) || !in.isUsed(g) || g.Directive.Child("queue") != nil {
				continue
			}
			s := g.Servers[0]
			if i := s.Parameter("max_conns"); i > 0 && s.Directive.Arg(i) != "max_conns=0" {
				_, limit, _ := strings.Cut(s.Directive.Arg(i), "=")
				found = append(found, remark{at: s.Directive, certainty: Possible, decides: "the number of requests at a time at the peak, against " + limit,
					says: "above " + limit + " requests at a time the only server is busy, and the next one is a 502"})
			}
		}
		return found
	},
})

var _ = registerCheck(check{
	name: "upstream-block", cause: "config-error", severity: SeverityError,
	doc: CheckDoc{
		What:  "The upstream{} is one that nginx refuses: two of one name, a backup server with a balancing method that knows none, a port behind a group's name.",
		Mends: "Another name; no backup; the port at the server lines.",
		From:  "ngx_http_upstream_add(): \"duplicate upstream\", \"may not have port\"; ngx_http_upstream_server(): \"balancing method does not support parameter\".",
	},
	look: func(in *inquiry) (found []remark) {
		byName := map[string]bool{}
		for _, g := range in.config.Groups() {
			if !nginx.HTTP(g.Directive) {
				continue
			}
			if byName[strings.ToLower(g.Name)] {
				found = append(found, refused(g.Directive, `duplicate upstream "`+g.Name+`"`))
			}
			byName[strings.ToLower(g.Name)] = true
			found = append(found, in.backups(g)...)
		}
		for _, p := range in.httpPasses() {
			name, port, ok := strings.Cut(p.Host, ":")
			if g := in.config.Group(name); ok && !p.Variable && p.Group == nil && g != nil && nginx.HTTP(g.Directive) {
				m := refused(p.Directive, `upstream "`+name+`" may not have port `+port)
				m.remedies = in.edit("leave the port to the server lines", in.swap(p.Directive, 0, name+":"+port, name))
				found = append(found, m)
			}
		}
		return found
	},
})

// backups finds backup servers behind ip_hash, hash and random, which have none.
func (in *inquiry) backups(g nginx.Group) (found []remark) {
	var method *nginx.Directive
	for _, d := range g.Directive.Children() {
		switch d.Name {
		case "ip_hash", "hash", "random":
			method = d
		case "server":
			if i := (nginx.Server{Directive: d}).Parameter("backup"); i > 0 && method != nil {
				m := refused(d, `balancing method does not support parameter "backup"`)
				m.evidence = []Fact{in.configFact(method, "%s", method.Text())}
				m.remedies = in.edit("make it a server like the others", in.dropArg(d, i))
				found = append(found, m)
			}
		}
	}
	return found
}
