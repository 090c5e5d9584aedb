package diagnoser

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
		return &opinion{certainty: Likely, check: "ls -l of the script; security.limit_extensions"}
	},
})
