package diagnoser

import (
	"fmt"

	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// pageSize is nginx's default for a buffer: one page, 4 KiB on x86-64.
const pageSize = 4096

// buffers are the directives that size the buffers of one pass.
type buffers struct {
	size   int // of the one for the header
	number int // of those for the body
	each   int
	fact   Fact
}

func (in *inquiry) buffersOf(p *nginx.Pass) buffers {
	b := buffers{size: pageSize, number: 8, each: pageSize,
		fact: in.configFact(p.Directive, "%sbuffer_size is not set: one page, 4k or 8k", p.Prefix)}
	if d := in.config.Effective(p.Directive.Parent, p.Prefix+"buffer_size"); d != nil {
		if n, ok := nginx.Size(d.Arg(0)); ok {
			b.size, b.fact = n, in.configFact(d, "%s is %s", d.Name, d.Arg(0))
		}
	}
	if d := in.config.Effective(p.Directive.Parent, p.Prefix+"buffers"); d != nil && len(d.Args) == 2 {
		n, ok := nginx.Size(d.Arg(0))
		each, ok2 := nginx.Size(d.Arg(1))
		if ok && ok2 && n > 1 && each > 0 {
			b.number, b.each = n, each
		}
	}
	return b
}

// largerBuffers keeps the relations that `nginx -t` checks, with M the larger of
// buffer_size and one of buffers, and N their number: M <= busy_buffers_size <=
// (N-1) of buffers, where busy_buffers_size is 2M unless set; temp_file_write_size
// and a max_temp_file_size above 0 are at least M.
func (in *inquiry) largerBuffers(p *nginx.Pass, b buffers, size int) []nginx.Edit {
	set := func(name, value string) nginx.Edit {
		return in.config.Set(p.Place(), p.Directive, p.Prefix+name, value)
	}
	edits := []nginx.Edit{set("buffer_size", nginx.FormatSize(size))}
	if p.Prefix == "grpc_" {
		return edits
	}
	m := max(size, b.each)
	busy, busySet := in.size(p, "busy_buffers_size")
	want := 2 * m
	if busySet && busy >= m {
		want = busy
	}
	if want > (b.number-1)*b.each {
		b.each, b.number = m, max(b.number, 8, want/m+1)
		edits = append(edits, set("buffers", fmt.Sprintf("%d %s", b.number, nginx.FormatSize(b.each))))
	}
	if busySet && busy < m {
		edits = append(edits, set("busy_buffers_size", nginx.FormatSize(2*m)))
	}
	for _, name := range []string{"temp_file_write_size", "max_temp_file_size"} {
		if n, ok := in.size(p, name); ok && n > 0 && n < m {
			edits = append(edits, set(name, nginx.FormatSize(2*m)))
		}
	}
	return edits
}

func (in *inquiry) size(p *nginx.Pass, name string) (int, bool) {
	d := in.config.Effective(p.Directive.Parent, p.Prefix+name)
	if d == nil {
		return 0, false
	}
	return nginx.Size(d.Arg(0))
}

// powerAbove is the least power of two that is not below n, at least 8 KiB.
func powerAbove(n int) int {
	size := 8 << 10
	for size < n {
		size *= 2
	}
	return size
}
