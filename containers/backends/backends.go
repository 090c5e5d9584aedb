// Package backends knows the images of real application servers, for faults that only a real one has.
package backends

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/containers"
)

// suite is the Debian suite that every image is built from where none can be pulled.
const suite = "trixie"

// images are by their kind. A public image is named where there is an official one; scenarios call the
// programs by names that both have.
var images = map[string]containers.Image{
	"gunicorn": {
		Name:   "badgateway/gunicorn:" + suite,
		Debian: &containers.DebianBuild{Suite: suite, Packages: []string{"gunicorn"}, Command: []string{"gunicorn"}},
	},
	"node": {
		Name:   "badgateway/node:" + suite,
		Public: "node:20-slim",
		Debian: &containers.DebianBuild{Suite: suite, Packages: []string{"nodejs"}, Command: []string{"node"}},
	},
	"php-fpm": {
		Name:   "badgateway/php-fpm:" + suite,
		Public: "php:8.4-fpm",
		Debian: &containers.DebianBuild{
			Suite: suite, Packages: []string{"php-fpm"}, Command: []string{"php-fpm", "-F"},
			Links: map[string]string{"/usr/local/sbin/php-fpm": "/usr/sbin/php-fpm8.4"},
		},
	},
	"uwsgi": {
		Name:   "badgateway/uwsgi:" + suite,
		Debian: &containers.DebianBuild{Suite: suite, Packages: []string{"uwsgi-core", "uwsgi-plugin-python3"}, Command: []string{"uwsgi"}},
	},
}

// Kinds lists the application servers there are.
func Kinds() []string { return slices.Sorted(maps.Keys(images)) }

// Image returns the image of one kind. The error lists the known ones.
func Image(kind string) (containers.Image, error) {
	image, ok := images[kind]
	if !ok {
		return containers.Image{}, fmt.Errorf("unknown backend %q (known: %s)", kind, strings.Join(Kinds(), ", "))
	}
	return image, nil
}
