package diagnoser

import (
	"fmt"

	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = registerCheck(check{
	name: "buffer-relations", cause: "config-error", severity: SeverityError,
	doc: CheckDoc{
		What: "The sizes of the buffers contradict one another, and nginx does not start or reload. With M the larger of buffer_size and one of buffers, and N the number of " +
			"buffers: N is at least 2; busy_buffers_size, 2M unless set, is at least M and at most N-1 buffers; temp_file_write_size is at least M; " +
			"max_temp_file_size is 0 or at least M. A value in http{} is inherited by every location, and checked there again.",
		Mends: "buffers that are larger or more: for a header of size H, buffer_size H with buffers \"8 H\" always fits.",
		From:  "ngx_http_proxy_merge_loc_conf(), and the same in fastcgi, uwsgi and scgi. Equality is allowed, though the message says \"less than\".",
	},
	look: func(in *inquiry) (found []remark) {
		for _, prefix := range []string{"proxy_", "fastcgi_", "uwsgi_", "scgi_"} {
			seen := map[sized]bool{}
			in.config.Walk(func(d *nginx.Directive) {
				if !merged(d) {
					return
				}
				s := in.sizedAt(d, prefix)
				message := s.contradiction(prefix)
				if message == "" || seen[s] {
					return
				}
				seen[s] = true
				m := refused(s.culprit(), message)
				m.remedies = in.edit("let the buffers fit", s.mend(in, d, prefix)...)
				found = append(found, m)
			})
		}
		return found
	},
})

// merged tells whether nginx checks at a block: every server and location, each with
// what it inherits, whether it has a pass or not.
func merged(d *nginx.Directive) bool {
	return d.IsBlock() && (d.Name == "server" || d.Name == "location" || d.Name == "if" || d.Name == "limit_except") &&
		nginx.Enclosing(d, "http", "server", "location") != nil && nginx.HTTP(d)
}

// sized holds the directives that size the buffers at one block; nil is nginx's default.
type sized struct {
	size, buffers, busy, write, max *nginx.Directive
}

func (in *inquiry) sizedAt(ctx *nginx.Directive, prefix string) sized {
	get := func(name string) *nginx.Directive { return in.config.Effective(ctx, prefix+name) }
	return sized{get("buffer_size"), get("buffers"), get("busy_buffers_size"), get("temp_file_write_size"), get("max_temp_file_size")}
}

// culprit is the directive to name: the one that made the others too small.
func (s sized) culprit() *nginx.Directive {
	for _, d := range []*nginx.Directive{s.size, s.busy, s.write, s.max, s.buffers} {
		if d != nil {
			return d
		}
	}
	return nil
}

// numbers reads the values; known is false for one that cannot be read, as one with a variable.
func (s sized) numbers() (size, number, each, busy, write, most int, known bool) {
	size, number, each, write, most, known = pageSize, 8, pageSize, -1, -1, true
	read := func(d *nginx.Directive, i int, to *int) {
		if d == nil {
			return
		}
		n, ok := nginx.Size(d.Arg(i))
		*to, known = n, known && ok
	}
	read(s.size, 0, &size)
	read(s.buffers, 0, &number)
	read(s.buffers, 1, &each)
	busy = 2 * max(size, each)
	read(s.busy, 0, &busy)
	read(s.write, 0, &write)
	read(s.max, 0, &most)
	return size, number, each, busy, write, most, known
}

// contradiction is nginx's message, empty where the sizes fit.
func (s sized) contradiction(prefix string) string {
	size, number, each, busy, write, most, known := s.numbers()
	larger := max(size, each)
	least := fmt.Sprintf(`the maximum of the value of "%[1]sbuffer_size" and one of the "%[1]sbuffers"`, prefix)
	switch {
	case !known || s == sized{}:
		return ""
	case number < 2:
		return fmt.Sprintf(`there must be at least 2 "%sbuffers"`, prefix)
	case busy < larger:
		return fmt.Sprintf(`"%sbusy_buffers_size" must be equal to or greater than %s`, prefix, least)
	case busy > (number-1)*each:
		return fmt.Sprintf(`"%[1]sbusy_buffers_size" must be less than the size of all "%[1]sbuffers" minus one buffer`, prefix)
	case write >= 0 && write < larger:
		return fmt.Sprintf(`"%stemp_file_write_size" must be equal to or greater than %s`, prefix, least)
	case most > 0 && most < larger:
		return fmt.Sprintf(`"%smax_temp_file_size" must be equal to zero to disable temporary files usage or must be equal to or greater than %s`, prefix, least)
	}
	return ""
}

// mend makes the buffers as many and as large as the others ask for; what is set too small
// beside them is made to fit.
func (s sized) mend(in *inquiry, block *nginx.Directive, prefix string) (edits []nginx.Edit) {
	size, number, each, busy, write, most, _ := s.numbers()
	larger := max(size, each)
	if s.busy != nil && busy < larger {
		busy = 2 * larger
		edits = append(edits, in.config.ReplaceArgs(s.busy, nginx.FormatSize(busy)))
	}
	if number < 2 || busy > (number-1)*each {
		want := max(number, 8, (busy+larger-1)/larger+1)
		value := fmt.Sprintf("%d %s", want, nginx.FormatSize(larger))
		if s.buffers != nil {
			edits = append(edits, in.config.ReplaceArgs(s.buffers, value))
		} else {
			edits = append(edits, in.config.Insert(s.culprit(), prefix+"buffers "+value+";"))
		}
	}
	if write >= 0 && write < larger {
		edits = append(edits, in.config.ReplaceArgs(s.write, nginx.FormatSize(2*larger)))
	}
	if most > 0 && most < larger {
		edits = append(edits, in.config.ReplaceArgs(s.max, nginx.FormatSize(2*larger)))
	}
	return edits
}
