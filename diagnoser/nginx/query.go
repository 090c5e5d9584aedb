package nginx

// Named returns all directives of a name, in the order of the configuration.
func (c *Config) Named(name string) (all []*Directive) {
	c.Walk(func(d *Directive) {
		if d.Name == name {
			all = append(all, d)
		}
	})
	return all
}

// Has tells whether a directive stands anywhere in the configuration with this first argument: of a
// fragment one does not know what surrounds it.
func (c *Config) Has(name, argument string) (found bool) {
	c.Walk(func(d *Directive) { found = found || d.Name == name && d.Arg(0) == argument })
	return found
}
