package diagnoser

import "strings"

var _ = register(rule{
	cause: "temp-dir-permission",
	doc: Doc{
		What:    "The response does not fit into memory buffers, and the proxy may not write its temporary file. The client gets a response that is cut short, or 500 where it was the request's body.",
		Confirm: "ls -ld of proxy_temp_path (or fastcgi_temp_path, client_body_temp_path) against the worker's user; df and mount for a read-only file system.",
		Mends:   "Give the directory to the worker's user again: it changes when user in nginx.conf does.",
		Hides:   "proxy_max_temp_file_size 0 or proxy_buffering off writes no file, and keeps the backend busy as long as the client reads.",
		Source:  "ngx_create_temp_file; EACCES",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Signature == "body file" && !strings.Contains(g.Message, "(28: ") {
			return &opinion{certainty: Likely, check: "ls -ld of the directory in the message; ps -o user -C nginx",
				evidence: []Fact{fact(fromLog, "the request's body could not be kept: the client gets 500, and no backend was asked")}}
		}
		if g.Signature != "temporary file" || !g.errno(13, 1, 30, 2) {
			return nil
		}
		o := &opinion{certainty: Likely, check: "ls -ld of the directory in the message; ps -o user -C nginx"}
		worker, path := in.worker(), in.path(tempFile(g))
		if worker == nil || path == nil || g.Errno != 13 {
			return o
		}
		if n := denier(worker, path); n != nil && n.Kind == "directory" && surely(worker, n) {
			o.certainty = Proved
			o.evidence = append(o.evidence, nodeFact(n), workerFact(worker))
			o.remedies = []Remedy{permission(worker, n)}
		}
		return o
	},
})

// tempFile is the path of the temporary file in a message such as open() "/var/lib/nginx/proxy/1/00/0000000001" failed, "" without one.
func tempFile(g *group) string {
	if g.Signature != "temporary file" {
		return ""
	}
	_, rest, _ := strings.Cut(g.Message, `() "`)
	path, _, ok := strings.Cut(rest, `" failed`)
	if !ok || !strings.HasPrefix(path, "/") {
		return ""
	}
	return path
}
