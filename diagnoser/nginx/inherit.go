package nginx

// Effective returns the directive that holds for a name at a place, the block ctx
// and outwards, nil when none is set. This is how nginx merges a directive with
// one value: the innermost wins.
func (c *Config) Effective(ctx *Directive, name string) *Directive {
	all := c.EffectiveAll(ctx, name)
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// EffectiveAll returns the directives that hold for a name that may be given more
// than once (proxy_set_header, fastcgi_param): those of the innermost level that
// has any; a level with one inherits none.
func (c *Config) EffectiveAll(ctx *Directive, name string) (all []*Directive) {
	for level := ctx; ; level = level.Parent {
		list := c.Top
		if level != nil {
			list = level.Block
		}
		each(list, func(d *Directive) {
			if d.Name == name {
				all = append(all, d)
			}
		})
		if len(all) > 0 || level == nil {
			return all
		}
	}
}

// Enclosing returns the innermost block around ctx, ctx itself first, that has one of the names.
func Enclosing(ctx *Directive, names ...string) *Directive {
	for ; ctx != nil; ctx = ctx.Parent {
		for _, n := range names {
			if ctx.Name == n {
				return ctx
			}
		}
	}
	return nil
}
