package nginx

import "strings"

// KeepsAlive tells whether requests of a pass may travel on a connection used
// before, and the directive that says so (nil where it is nginx's default).
// Only an explicit upstream{} keeps connections: with `keepalive N`, and since
// 1.29.7 without it ("keepalive 32 local"), which `keepalive 0` turns off.
// Before, HTTP also needs version 1.1 and no "Connection: close"; FastCGI always
// needs fastcgi_keep_conn.
func (c *Config) KeepsAlive(p *Pass, version string) (bool, *Directive) {
	if p.Group == nil {
		return false, nil
	}
	explicit := p.Group.Directive.Child("keepalive")
	implicit := VersionAtLeast(version, "1.29.7")
	switch {
	case explicit != nil && explicit.Arg(0) == "0":
		return false, explicit
	case explicit == nil && !implicit:
		return false, nil
	case p.Protocol == "fastcgi":
		d := c.Effective(p.Directive.Parent, "fastcgi_keep_conn")
		return d != nil && d.Arg(0) == "on", explicit
	case p.Protocol == "http" || p.Protocol == "https":
		return c.persistentHTTP(p, implicit), explicit
	}
	return explicit != nil, explicit
}

func (c *Config) persistentHTTP(p *Pass, modern bool) bool {
	version := c.Effective(p.Directive.Parent, "proxy_http_version")
	if version == nil && !modern || version != nil && version.Arg(0) == "1.0" {
		return false
	}
	for _, h := range c.EffectiveAll(p.Directive.Parent, "proxy_set_header") {
		if strings.EqualFold(h.Arg(0), "Connection") {
			return !strings.EqualFold(h.Arg(1), "close")
		}
	}
	return modern // until 1.29.7 nginx sends "Connection: close" of its own
}
