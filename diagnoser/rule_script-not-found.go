package diagnoser

var _ = register(rule{
	cause: "script-not-found",
	doc: Doc{
		What:    "The FastCGI server finds no file at SCRIPT_FILENAME: root differs between the proxy and the backend, often between two containers. The client gets 404 with \"File not found.\".",
		Confirm: "The path of SCRIPT_FILENAME as the backend sees it: ls it there.",
		Mends:   "root and fastcgi_param SCRIPT_FILENAME as in the backend's file system; the same volume at the same path.",
		Hides:   "try_files with a 404 of the proxy: the page is as missing as before.",
		Source:  "php-fpm, fpm_main.c: init_request_info",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Signature != "fastcgi stderr" || detail(g.Event) != "Primary script unknown" && detail(g.Event) != "Unable to open primary script" {
			return nil
		}
		o := &opinion{certainty: Likely, check: "ls the script in the backend's file system", also: []Alternative{
			{"script-permission", "a directory above it may be closed to the pool's user, which looks the same", "namei -l of the script, as the pool's user"},
			{"duplicate-service-name", "another backend of the same name may have answered, which has other files", "getent hosts NAME in the proxy: more than one address?"}}}
		in.sampleScript(g, o)
		in.noScript(g, o)
		return o
	},
})

// sampleScript finds the path of nginx's sample configuration, /scripts, which exists nowhere.
func (in *inquiry) sampleScript(g *group, o *opinion) {
	if g.pass == nil {
		return
	}
	for _, d := range in.config.EffectiveAll(g.pass.Directive.Parent, "fastcgi_param") {
		if d.Arg(0) != "SCRIPT_FILENAME" || d.Arg(1) != "/scripts$fastcgi_script_name" {
			continue
		}
		o.where = in.where(d)
		o.evidence = append(o.evidence, in.configFact(d, "SCRIPT_FILENAME is below /scripts, the path of nginx's sample configuration"))
		if root := in.config.Effective(g.pass.Directive.Parent, "root"); root != nil {
			o.evidence = append(o.evidence, in.configFact(root, "root is %s", root.Value()))
			o.remedies = in.edit("look for the script below root", in.config.ReplaceArg(d, 1, "$document_root$fastcgi_script_name"))
		}
	}
}

// noScript proves by a configuration that names no script at all.
func (in *inquiry) noScript(g *group, o *opinion) {
	if g.pass == nil || g.pass.Prefix != "fastcgi_" || !in.withoutScript(g.pass) {
		return
	}
	o.certainty = Proved
	o.evidence = append(o.evidence, in.configFact(g.pass.Directive, "no SCRIPT_FILENAME is sent: the file fastcgi_params does not have it, fastcgi.conf has"))
	o.remedies = in.nameScript(g.pass)
}
