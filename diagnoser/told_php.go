package diagnoser

import (
	"bytes"
	"regexp"
	"strings"
)

// phpNamed are the forms in which texts name a version of php-fpm or of PHP: a socket, a service or a package
// (php8.2-fpm, php82-php-fpm), an image (php:8.2-fpm), and what php -v prints.
var phpNamed = regexp.MustCompile(`\bphp[:-]?(\d\.\d)(?:\.\d+)?-(?:fpm|php)|\bphp(\d)(\d)-php-fpm|\b(?:PHP|php)[ -]?(\d\.\d)(?:\.\d+\S*)?(?: |$|,)`)

// namedPHP is a line of a text that names a version.
type namedPHP struct{ version, text string }

// keepPHP remembers the versions that a text names as being there, at most 16 of them.
func (r *Reading) keepPHP(text []byte) {
	if len(r.phps) >= 16 || !bytes.Contains(bytes.ToLower(text), []byte("php")) || gonePHP.Match(text) {
		return
	}
	for _, m := range phpNamed.FindAllSubmatch(text, 4) {
		version := string(m[1]) + string(m[4])
		if len(m[2]) > 0 {
			version = string(m[2]) + "." + string(m[3])
		}
		r.phps = append(r.phps, namedPHP{version, strings.TrimSpace(string(text[:min(len(text), 160)]))})
	}
}

// gonePHP are words with which a line says that the version is not there.
var gonePHP = regexp.MustCompile(`(?i)not found|no such|could not|inactive|failed|disabled|removed|uninstall|fastcgi_pass|\bconnect\(\)`)

// otherNamed finds a version that texts name and the proxy does not ask for, where they do not name the one it asks for.
func (in *inquiry) otherNamed(asked string) (other *namedPHP) {
	for i, p := range in.phps {
		if p.version == asked {
			return nil
		}
		other = &in.phps[i]
	}
	return other
}

// versionedSocket is the path or name of a socket that carries PHP's version.
var versionedSocket = regexp.MustCompile(`[\w./-]*php[\w-]*?\d\.?\d[\w.-]*\.sock\b`)

// unversionedSocket is the path of one that does not.
var unversionedSocket = regexp.MustCompile(`/[\w./-]*/php[a-z-]*\.sock\b`)

// keepSocket remembers a socket of PHP that a text names as being there, with a version in its name or without.
func (r *Reading) keepSocket(text []byte) {
	if gonePHP.Match(text) {
		return
	}
	if r.phpSocket == "" {
		r.phpSocket = string(versionedSocket.Find(text))
	}
	r.plainSocket = r.plainSocket || unversionedSocket.Match(text)
}
