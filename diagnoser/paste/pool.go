package paste

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var (
	poolHead    = regexp.MustCompile(`^\s*\[([\w.$-]+)\]$`)
	poolSetting = regexp.MustCompile(`^\s*(listen(?:\.\w+)?|user|group|pm(?:\.\w+)?|request_terminate_timeout|php_(?:admin_)?value\[post_max_size\])\s*=\s*["']?([^"';]*?)["']?\s*(?:;.*)?$`)
	poolStatus  = regexp.MustCompile(`^\s*(pool|process manager|listen queue|max listen queue|listen queue len|idle processes|active processes|total processes|max active processes|max children reached|slow requests|accepted conn):\s+(\S+)$`)
)

// notPools are the heads of sections in other files.
var notPools = wordSet("global uwsgi PHP Service Unit Install")

// fpm reads pool files of php-fpm and its status page (ngx pm.status_path).
var _ = register("fpm", func(f *facts) taker {
	return func(l line) bool {
		if l.prompt {
			return false
		}
		if m := poolStatus.FindStringSubmatch(l.text); m != nil {
			f.poolStatus(m[1], m[2])
			return true
		}
		if m := poolHead.FindStringSubmatch(l.text); m != nil && !notPools[m[1]] {
			f.host.Pools = append(f.host.Pools, evidence.Pool{Name: m[1]})
			return true
		}
		if m := poolSetting.FindStringSubmatch(l.text); m != nil {
			if strings.HasPrefix(m[1], "listen") || strings.HasPrefix(m[1], "pm") || strings.HasPrefix(m[1], "php") || strings.HasPrefix(m[1], "request") || len(f.host.Pools) > 0 {
				f.poolSetting(m[1], strings.TrimSpace(m[2]), l.ref)
				return true
			}
		}
		return false
	}
})

func (f *facts) pool() *evidence.Pool {
	if len(f.host.Pools) == 0 {
		f.host.Pools = append(f.host.Pools, evidence.Pool{})
	}
	return &f.host.Pools[len(f.host.Pools)-1]
}

func (f *facts) poolSetting(name, value, ref string) {
	p := f.pool()
	if p.At == nil {
		p.At = map[string]string{}
	}
	if strings.HasPrefix(name, "php_") {
		name = name[strings.IndexByte(name, '[')+1 : len(name)-1]
	}
	p.At[name] = ref
	switch name {
	case "listen":
		p.Listen = value
	case "user":
		p.User = value
	case "group":
		p.Group = value
	case "listen.owner":
		p.Owner = value
	case "listen.group":
		p.ListenGroup = value
	case "listen.mode":
		p.Mode = value
	case "listen.allowed_clients":
		p.Allowed = value
	case "pm.max_children":
		p.MaxChildren = atoi(value)
	case "pm.max_requests":
		p.MaxRequests = atoi(value)
	case "request_terminate_timeout":
		p.Terminate = seconds(value)
	case "post_max_size":
		p.PostMax = value
	}
}

func (f *facts) poolStatus(name, value string) {
	if name == "pool" {
		f.host.Pools = append(f.host.Pools, evidence.Pool{Name: value})
		return
	}
	p, n := f.pool(), atoi(value)
	switch name {
	case "listen queue":
		p.Queue = n
	case "idle processes":
		p.Idle = n
	case "active processes":
		p.Active = n
	case "max children reached":
		p.MaxReached = n
	}
}

// seconds reads php-fpm's "30", "30s", "5m".
func seconds(s string) time.Duration {
	if n, err := strconv.Atoi(s); err == nil {
		return time.Duration(n) * time.Second
	}
	d, _ := time.ParseDuration(s)
	return d
}
