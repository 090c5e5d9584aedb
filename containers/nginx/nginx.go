// Package nginx knows nginx's images: which versions there are and where each comes from.
package nginx

import (
	"fmt"
	"strings"

	"github.com/badgateway/badgateway/containers"
)

// suites gives each version the Debian suite that ships it, oldest first.
var suites = []struct{ version, suite string }{
	{"1.18", "bullseye"},
	{"1.22", "bookworm"},
	{"1.26", "trixie"},
	{"1.30", "forky"},
}

// Versions lists the versions of the matrix, oldest first.
func Versions() []string {
	var v []string
	for _, s := range suites {
		v = append(v, s.version)
	}
	return v
}

// Newest is the version that is used when none is named.
func Newest() string { return suites[len(suites)-1].version }

// Image returns the image of one version. The error lists the known ones.
func Image(version string) (containers.Image, error) {
	for _, s := range suites {
		if s.version != version {
			continue
		}
		return containers.Image{
			Name:   "badgateway/nginx:" + version,
			Public: "nginx:" + version,
			Debian: &containers.DebianBuild{
				Suite:     s.suite,
				Packages:  []string{"nginx"},
				Configure: []string{"*nginx*"},
				Command:   []string{"nginx", "-g", "daemon off;"},
			},
		}, nil
	}
	return containers.Image{}, fmt.Errorf("unknown nginx version %q (known: %s)", version, strings.Join(Versions(), ", "))
}
