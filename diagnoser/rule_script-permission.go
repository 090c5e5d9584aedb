package diagnoser

import (
	"path"
	"regexp"
	"strings"
)

var _ = register(rule{
	cause: "script-permission",
	doc: Doc{
		What:    "The FastCGI server may not run the script: its extension is not in security.limit_extensions, or its mode keeps the pool's user out.",
		Confirm: "The path in the message; ls -l against the pool's user.",
		Mends:   "The right file, mode or extension.",
		Hides:   "security.limit_extensions empty runs any file as PHP.",
		Source:  "php-fpm, security.limit_extensions",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Signature != "fastcgi stderr" || detail(g.Event) != "Access to the script" && detail(g.Event) != "Permission denied" {
			return nil
		}
		o := &opinion{certainty: Likely, check: "ls -l of the script; security.limit_extensions"}
		if m := deniedScript.FindStringSubmatch(g.Message); m != nil {
			o.evidence = append(o.evidence, fact(fromLog, "php-fpm found %s and does not run files of that extension; it answers 403 itself", m[1]))
			o.remedies = limitRemedies(g, m[1])
		}
		return o
	},
})

// deniedScript is what php-fpm says of a file whose extension it may not run (fpm_php_limit_extensions).
var deniedScript = regexp.MustCompile(`Access to the script '([^']+)' has been denied \(see security\.limit_extensions\)`)

// limitRemedies let the pool run one more extension where it is one of PHP's; anything else is not to be run at all.
func limitRemedies(g *group, script string) []Remedy {
	extension := path.Ext(script)
	if !strings.HasPrefix(extension, ".ph") {
		return []Remedy{change(g, "", "", "let the proxy pass scripts alone to php-fpm: "+script+" is none by its name", "location ~ \\.php$ { fastcgi_pass ...; }")}
	}
	value := ".php " + extension
	return []Remedy{change(g, "security.limit_extensions", value, "let the pool run files that end in "+extension+" too",
		"security.limit_extensions = "+value+" # in the pool", "systemctl reload php-fpm")}
}
