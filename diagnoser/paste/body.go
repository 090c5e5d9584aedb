package paste

import (
	"regexp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// bodyLimits are the directives that limit a request's body, by the server that has them.
var bodyLimits = []struct {
	server, setting string
	form            *regexp.Regexp
}{
	{"php", "post_max_size", regexp.MustCompile(`^\s*post_max_size\s*(?:=>?)\s*"?(\d+[KMGkmg]?)"?(?:\s*=>.*|\s*;.*)?$`)},
	{"uwsgi", "limit-post", regexp.MustCompile(`^\s*limit-post\s*[=:]\s*(\d+)$`)},
	{"apache", "LimitRequestBody", regexp.MustCompile(`^\s*(?i:LimitRequestBody)\s+"?(\d+)"?$`)},
}

// body reads them in php.ini, php -i, and the files of uWSGI and Apache.
var _ = register("body", func(f *facts) taker {
	return func(l line) bool {
		if l.prompt || len(l.fields) < 2 {
			return false
		}
		for _, b := range bodyLimits {
			if m := b.form.FindStringSubmatch(l.text); m != nil {
				f.host.BodyLimits = append(f.host.BodyLimits, evidence.BodyLimit{Server: b.server, Setting: b.setting, Value: m[1], Text: strings.TrimSpace(l.text), Ref: l.ref})
				return true
			}
		}
		return false
	}
})
