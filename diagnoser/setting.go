package diagnoser

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// settings are what the files of other services say that matters to a proxy's
// configuration: php-fpm's pools, systemd's units.
type settings struct {
	pools      []*pool
	privateTmp *Fact
}

// pool is one pool of php-fpm, as its file sets it.
type pool struct {
	name, address string // address is of a socket's path or of a port
	owner, group  string
	mode          int
	listen        Fact
	terminate     time.Duration // request_terminate_timeout
	terminateFact Fact
}

var (
	section    = regexp.MustCompile(`^\s*\[([\w.-]+)\]\s*$`)
	poolLine   = regexp.MustCompile(`^\s*(listen|listen\.owner|listen\.group|listen\.mode|request_terminate_timeout)\s*=\s*([^\s;]+)`)
	privateTmp = regexp.MustCompile(`^\s*PrivateTmp\s*=\s*(?i:yes|true|on|1)\s*$`)
)

// lookSetting keeps what a line sets, of a pool's file or of what systemctl prints.
func (r *Reading) lookSetting(name string, line int64, text []byte) {
	ref := fmt.Sprintf("%s:%d", name, line)
	if privateTmp.Match(text) {
		r.privateTmp = &Fact{Source: fromFile, Text: strings.TrimSpace(string(text)), Ref: ref}
	}
	if m := section.FindSubmatch(text); m != nil {
		r.pools = append(r.pools, &pool{name: string(m[1]), mode: 0o660})
		return
	}
	m := poolLine.FindSubmatch(text)
	if m == nil {
		return
	}
	if len(r.pools) == 0 {
		r.pools = append(r.pools, &pool{mode: 0o660})
	}
	r.pools[len(r.pools)-1].set(string(m[1]), strings.Trim(string(m[2]), `"'`), ref)
}

func (p *pool) set(name, value, ref string) {
	says := Fact{Source: fromFile, Text: fmt.Sprintf("pool %s: %s = %s", p.name, name, value), Ref: ref}
	switch name {
	case "listen":
		p.address, p.listen = value, says
	case "listen.owner":
		p.owner = value
	case "listen.group":
		p.group = value
	case "listen.mode":
		if mode, err := strconv.ParseInt(value, 8, 16); err == nil {
			p.mode = int(mode)
		}
	case "request_terminate_timeout":
		if d, ok := nginx.Duration(value); ok {
			p.terminate, p.terminateFact = d, says
		}
	}
}

// admits tells whether a user with one group may write to the socket. What the
// file leaves to the master's user counts as admitted: it is not known.
func (p *pool) admits(user, group string) bool {
	switch {
	case p.owner == "" || p.group == "":
		return true
	case user == p.owner:
		return p.mode&0o200 != 0
	case group == p.group:
		return p.mode&0o020 != 0
	}
	return p.mode&0o002 != 0
}

// poolSockets are the pools that listen on a path.
func (r *Reading) poolSockets() (list []*pool) {
	for _, p := range r.pools {
		if strings.HasPrefix(p.address, "/") {
			list = append(list, p)
		}
	}
	return list
}

// poolAt returns the pool that listens on an address, nil without one.
func (r *Reading) poolAt(address string) *pool {
	for _, p := range r.pools {
		if p.address != "" && p.address == address {
			return p
		}
	}
	return nil
}
