package host

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/host/rootfs"
)

// resolution reads by what the system's own resolver finds names, which nginx uses when it reads its
// configuration: resolv.conf(5) and hosts(5). No name is looked up.
func (c *collector) resolution() {
	for line := range c.lines("/etc/resolv.conf") {
		switch field := strings.Fields(line); {
		case len(field) < 2:
		case field[0] == "nameserver":
			c.host.Nameservers = append(c.host.Nameservers, field[1])
		case field[0] == "search", field[0] == "domain":
			c.host.Search = field[1:] // the last one counts
		}
	}
	for line := range c.lines("/etc/hosts") {
		if field := strings.Fields(line); len(field) > 1 {
			for _, name := range field[1:] {
				c.addName(name, field[0])
			}
		}
	}
}

// lines goes through a file of the proxy without its comments; a file that is not there has none.
func (c *collector) lines(name string) func(func(string) bool) {
	text, err := rootfs.ReadFile(c.opts.Root, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.unread(name, err, "CAP_DAC_READ_SEARCH")
	}
	return func(yield func(string) bool) {
		for line := range strings.Lines(string(text)) {
			line, _, _ = strings.Cut(line, "#")
			if !yield(line) {
				return
			}
		}
	}
}

func (c *collector) addName(name, address string) {
	for i := range c.host.Names {
		if c.host.Names[i].Name == name {
			c.host.Names[i].Addresses = append(c.host.Names[i].Addresses, address)
			return
		}
	}
	c.host.Names = append(c.host.Names, evidence.Name{Name: name, Addresses: []string{address}, Server: "/etc/hosts"})
}
