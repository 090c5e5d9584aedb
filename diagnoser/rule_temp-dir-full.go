package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = register(rule{
	cause: "temp-dir-full",
	doc: Doc{
		What:    "The response does not fit into memory buffers, and the file system of the proxy's temporary files is full.",
		Confirm: "df -h and df -i of the directory in the message.",
		Mends:   "Room on that file system, or another proxy_temp_path.",
		Hides:   "proxy_max_temp_file_size 0 writes no file, and keeps the backend busy as long as the client reads.",
		Source:  "ngx_write_chain_to_temp_file; ENOSPC",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Signature == "body file" && strings.Contains(g.Message, "(28: ") {
			o := &opinion{certainty: Likely, check: "df -h; df -i", evidence: []Fact{
				fact(fromLog, "the request's body could not be kept: the client gets 500, and no backend was asked")}}
			in.elsewhereThan(g, o)
			return o
		}
		if g.Signature != "temporary file" || g.Errno != 28 && g.Errno != 122 {
			return nil
		}
		o := &opinion{certainty: Likely, check: "df -h; df -i"}
		for _, d := range in.told().Disks {
			if d.Used >= 100 && strings.Contains(g.Message, d.Mount) {
				o.certainty = Proved
				o.evidence = append(o.evidence, fact(fromFile, "%s is full: %d%%", d.Mount, d.Used))
			}
		}
		return o
	},
})

// elsewhereThan proposes to leave a full directory that the configuration names: without the directive nginx
// uses the one that it was built with. Bodies that are kept for debugging are what fills it, if they are.
func (in *inquiry) elsewhereThan(g *group, o *opinion) {
	_, rest, _ := strings.Cut(g.Message, `() "`)
	path, _, _ := strings.Cut(rest, `" failed`)
	var edits []nginx.Edit
	for _, d := range in.config.Named("client_body_temp_path") {
		if strings.HasPrefix(path, strings.TrimSuffix(d.Arg(0), "/")+"/") {
			o.where = in.where(d)
			o.evidence = append(o.evidence, in.configFact(d, "%s is %s", d.Name, d.Arg(0)))
			edits = append(edits, in.config.Remove(d))
		}
	}
	if len(edits) == 0 {
		return
	}
	for _, d := range in.config.Named("client_body_in_file_only") {
		if d.Arg(0) == "on" {
			o.evidence = append(o.evidence, in.configFact(d, "%s on: each body stays when its request is done", d.Name))
			edits = append(edits, in.config.ReplaceArg(d, 0, "clean"))
		}
	}
	o.remedies = in.edit("keep bodies where nginx keeps them by default, and remove what was left behind in the full directory", edits...)
}
