package diagnoser

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// settings are what units of systemd say that matters to a proxy's configuration.
type settings struct {
	privateTmp *Fact
}

var privateTmp = regexp.MustCompile(`^\s*PrivateTmp\s*=\s*(?i:yes|true|on|1)\s*$`)

// lookSetting keeps what a line sets, of a unit's file or of what systemctl prints.
func (r *Reading) lookSetting(ref func() string, text []byte) {
	if privateTmp.Match(text) {
		r.privateTmp = &Fact{Source: fromFile, Text: strings.TrimSpace(string(text)), Ref: ref()}
	}
}

// poolFact says what a pool's file sets, and where.
func poolFact(p *evidence.Pool, name string, value any) Fact {
	return Fact{Source: fromFile, Text: fmt.Sprintf("%s: %s = %v", strings.TrimSpace("pool "+p.Name), name, value), Ref: p.At[name]}
}

// poolMode is listen.mode of a pool: php-fpm's default where none is set.
func poolMode(p *evidence.Pool) int {
	if mode, err := strconv.ParseInt(p.Mode, 8, 16); err == nil {
		return int(mode)
	}
	return 0o660
}

// admitsUser tells whether a user with one group may write to a pool's socket. What the
// file leaves to the master's user counts as admitted: it is not known.
func admitsUser(p *evidence.Pool, user, group string) bool {
	switch {
	case p.Owner == "" || p.ListenGroup == "":
		return true
	case user == p.Owner:
		return poolMode(p)&0o200 != 0
	case group == p.ListenGroup:
		return poolMode(p)&0o020 != 0
	}
	return poolMode(p)&0o002 != 0
}

// poolSockets are the pools that listen on a path.
func (in *inquiry) poolSockets() (list []*evidence.Pool) {
	pools := in.told().Pools
	for i := range pools {
		if strings.HasPrefix(pools[i].Listen, "/") {
			list = append(list, &pools[i])
		}
	}
	return list
}

// poolAt returns the pool that listens on an address, nil without one.
func (in *inquiry) poolAt(address string) *evidence.Pool {
	pools := in.told().Pools
	for i := range pools {
		if pools[i].Listen != "" && pools[i].Listen == address {
			return &pools[i]
		}
	}
	return nil
}
