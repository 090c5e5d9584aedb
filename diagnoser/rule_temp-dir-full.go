package diagnoser

import "strings"

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
			return &opinion{certainty: Likely, check: "df -h; df -i", evidence: []Fact{
				fact(fromLog, "the request's body could not be kept: the client gets 500, and no backend was asked")}}
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
