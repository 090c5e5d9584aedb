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
// programs by names that both have, and say the whole command.
var images = map[string]containers.Image{
	"gunicorn": debian("gunicorn", "", containers.DebianBuild{Packages: []string{"gunicorn"}, Run: compile}),
	"node":     debian("node", "node:20-slim", containers.DebianBuild{Packages: []string{"nodejs"}}),
	"php-fpm": debian("php-fpm", "php:8.4-fpm", containers.DebianBuild{
		// The server wants one of the packages that make temporary files at a boot; this one brings nothing else.
		Packages: []string{"php-fpm", "systemd-standalone-tmpfiles"},
		Run:      enable,
		Links:    map[string]string{"/usr/local/sbin/php-fpm": "/usr/sbin/php-fpm8.4"},
	}),
	"uwsgi": debian("uwsgi", "", containers.DebianBuild{
		Packages: []string{"uwsgi-core", "uwsgi-plugin-python3"}, Configure: []string{"uwsgi*"},
	}),
}

// compile imports what an application server imports: Python compiles a module at its first import, which would be in each
// container, and the package's own script compiles the whole library.
const compile = `python3 -c "import gunicorn.app.wsgiapp, gunicorn.glogging, gunicorn.workers.sync, gunicorn.workers.gthread"`

// enable makes the configuration that the scripts of PHP's packages make, without the hundreds of programs that they run for it.
const enable = `cd /etc/php/8.4 && mkdir -p mods-available fpm/conf.d && cd mods-available &&
cp /usr/share/php8.4-*/*/*.ini . && cp /usr/lib/php/8.4/php.ini-production ../fpm/php.ini &&
for ini in *.ini; do ln -s $PWD/$ini ../fpm/conf.d/$(sed -n "s/^; priority=//p" $ini)-$ini; done`

func debian(kind, public string, build containers.DebianBuild) containers.Image {
	build.Suite = suite
	return containers.Image{Name: "badgateway/" + kind + ":" + suite, Public: public, Debian: &build}
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
