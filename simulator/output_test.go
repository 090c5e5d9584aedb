package simulator

import (
	"strings"
	"testing"

	"github.com/badgateway/badgateway/simulator/strictyaml"
)

// compileScript compiles a script in YAML for an exchange over TCP.
func compileScript(text string, t traits, v variant) (*program, error) {
	var s Script
	if err := strictyaml.Unmarshal("script.yaml", []byte(text), &s); err != nil {
		return nil, err
	}
	return (&builder{traits: t, variant: v}).build(s)
}

// transcript writes a program as its output, with <step> where something else is done.
func transcript(p *program) string {
	var b strings.Builder
	for _, a := range p.actions {
		for _, s := range a.out {
			b.Write(s.expand(nil))
		}
		if a.run != nil && a.step != "" { // dribbled output stands before <dribble>
			b.WriteString("<" + a.step + ">")
		}
	}
	return b.String()
}

func TestScriptsOverHTTP(t *testing.T) {
	for _, tt := range []struct{ name, script, want string }{
		{"serve", `[serve]`, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n"},
		{"order of headers", `[{respond: {status: 404, header: {B: 2, A: [x, y]}, header_of: {Big: 3}, reason: Gone fishing}}]`,
			"HTTP/1.1 404 Gone fishing\r\nB: 2\r\nA: x\r\nA: y\r\nBig: abc\r\nContent-Length: 0\r\n\r\n"},
		{"chunks", `[{respond: {body: abcdefg, chunked: 3}}]`,
			"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n1\r\ng\r\n0\r\n\r\n"},
		{"a lie about the length", `[{respond: {header: {Content-Type: a/b}, body: abc, length: 99}}]`, "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 99\r\n\r\nabc"},
		{"ended by the connection", `[{respond: {header: {Content-Type: a/b}, body: abc, length: none}}]`, "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nConnection: close\r\n\r\nabc"},
		{"no body", `[{respond: {status: 204}}]`, "HTTP/1.1 204 No Content\r\n\r\n"},
		{"by hand", `[{status: 200}, {header: {Content-Length: 2}}, {sleep: 1s}, {body: h}, {body: i}]`, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n<sleep>\r\nhi"},
		{"chunks by hand", `[{status: 200}, {header: {Transfer-Encoding: chunked}}, {chunk: hello}, {send: "zz\r\n"}, last_chunk]`,
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n0\r\n\r\n"},
		{"informational", `[{informational: {status: 103, header: {Link: x}}}, {send_hex: "0d 0a"}]`, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n\r\n"},
		{"cut in the status line", `[{cut_at: {mark: status_line, plus: 4, then: [fin]}}, serve]`, "HTTP<fin>"},
		{"cut in a header", `[{cut_at: {mark: header, index: 1, plus: 7, then: [rst]}}, {respond: {body: x}}]`, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent<rst>"},
		{"cut before the body", `[{cut_at: {mark: head_end, then: [fin]}}, {respond: {header: {Content-Type: a/b}, body: x}}]`, "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 1\r\n\r\n<fin>"},
		{"cut at the start", `[{cut_at: {mark: start, then: [fin]}}, {sleep: 1s}, serve]`, "<sleep><fin>"},
		{"cut at the end", `[{cut_at: {mark: end, then: [fin]}}, {send: abc}, {sleep: 1s}]`, "abc<fin>"},
		{"cut with a last word", `[{cut_at: {mark: start, plus: 2, then: [{send: "?!"}, flush, rst]}}, {send: abc}]`, "ab?!<flush><rst>"},
		{"cut counts body bytes, not chunk framing", `[{cut_at: {mark: body, plus: 4, then: [fin]}}, {respond: {header: {Content-Type: a/b}, body: abcdefg, chunked: 3}}]`,
			"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\nd<fin>"},
		{"cut in a chunk size", `[{cut_at: {mark: chunk_size, index: 1, plus: 1, then: [fin]}}, {chunk: abc}, {chunk: def}, last_chunk]`, "3\r\nabc\r\n3<fin>"},
		{"cut before the last chunk", `[{cut_at: {mark: last_chunk, then: [fin]}}, {chunk: abc}, last_chunk]`, "3\r\nabc\r\n<fin>"},
		{"stall", `[{stall_at: {mark: start, plus: 2}}, {send: abcd}]`, "ab<stall_at>cd"},
		{"dribble and cut", `[{cut_at: {mark: start, plus: 3, then: [fin]}}, {dribble: {size: 2, gap: 1s, from: {mark: start, plus: 1}}}, {send: ab}, {send: cd}]`, "abc<dribble><fin>"},
		{"stall and cut", `[{cut_at: {mark: start, plus: 3, then: [fin]}}, {stall_at: {mark: start, plus: 2, for: 1s}}, {send: abcd}]`, "ab<stall_at>c<fin>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := compileScript(tt.script, traits{}, variant{})
			if err != nil {
				t.Fatal(err)
			}
			if got := transcript(p); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestVariantsOfAResponse(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n"
	for _, tt := range []struct {
		v    variant
		want string
	}{
		{variant{connection: sayKeep}, head + "Connection: keep-alive\r\n\r\nok\n"},
		{variant{connection: sayClose}, head + "Connection: close\r\n\r\nok\n"},
		{variant{headOnly: true}, head + "\r\n"},
	} {
		p, err := compileScript(`[serve]`, traits{}, tt.v)
		if err != nil {
			t.Fatal(err)
		}
		if got := transcript(p); got != tt.want {
			t.Errorf("%+v: got %q, want %q", tt.v, got, tt.want)
		}
	}
}

func TestScriptsOverFastCGI(t *testing.T) {
	const end = "\x01\x03\x00\x01\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	for _, tt := range []struct{ name, script, want string }{
		{"serve", `[{respond: {header: {Content-Type: a/b}, body: abc}}]`,
			"\x01\x06\x00\x01\x00\x3b\x05\x00Status: 200 OK\r\nContent-Type: a/b\r\nContent-Length: 3\r\n\r\nabc\x00\x00\x00\x00\x00\x01\x06\x00\x01\x00\x00\x00\x00" + end},
		{"split and padded", `[{stdout: {text: abcde, records: {size: 3, padding: 2}, last: true}}]`,
			"\x01\x06\x00\x01\x00\x03\x02\x00abc\x00\x00\x01\x06\x00\x01\x00\x02\x02\x00de\x00\x00\x01\x06\x00\x01\x00\x00\x00\x00"},
		{"stderr", `[{stderr: oh}]`, "\x01\x07\x00\x01\x00\x02\x06\x00oh\x00\x00\x00\x00\x00\x00"},
		{"wrong record", `[{record: {version: 9, type: 77, id: 258, length: 5, padding: 1, text: a, hex: "62"}}]`, "\x09\x4d\x01\x02\x00\x05\x01\x00ab\x00"},
		{"overloaded", `[{end_request: {app: 1, protocol: overloaded}}]`, "\x01\x03\x00\x01\x00\x08\x00\x00\x00\x00\x00\x01\x02\x00\x00\x00"},
		{"cut counts response bytes, not record headers", `[{cut_at: {mark: body, plus: 1, then: [fin]}}, {respond: {header: {Content-Type: a/b, Content-Length: 2}, body: hi, records: {size: 56, padding: 0}}}]`,
			"\x01\x06\x00\x01\x00\x38\x00\x00Status: 200 OK\r\nContent-Type: a/b\r\nContent-Length: 2\r\n\r\n\x01\x06\x00\x01\x00\x02\x00\x00h<fin>"},
		{"cut behind the last byte of a record", `[{cut_at: {mark: body, plus: 1, then: [fin]}}, {respond: {header: {Content-Type: a/b, Content-Length: 2}, body: hi, records: {size: 57, padding: 0}}}]`,
			"\x01\x06\x00\x01\x00\x39\x00\x00Status: 200 OK\r\nContent-Type: a/b\r\nContent-Length: 2\r\n\r\nh<fin>"},
		{"cut in a record header", `[{cut_at: {mark: record_header, index: 1, plus: 3, then: [fin]}}, {stdout: ""}, {stdout: {text: abcd, records: {size: 2, padding: 0}}}]`,
			"\x01\x06\x00\x01\x00\x02\x00\x00ab\x01\x06\x00<fin>"},
		{"cut in the padding", `[{cut_at: {mark: record_padding, plus: 1, then: [fin]}}, {stdout: abc}]`, "\x01\x06\x00\x01\x00\x03\x05\x00abc\x00<fin>"},
		{"HTTP on a FastCGI port", `[{send: "HTTP/1.1 200 OK\r\n\r\n"}]`, "HTTP/1.1 200 OK\r\n\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := compileScript(tt.script, traits{fastcgi: true}, variant{})
			if err != nil {
				t.Fatal(err)
			}
			if got := transcript(p); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// The id of the exchange's request replaces the 1 of the compiled output, also in a record header that a cut tore.
func TestRequestIDs(t *testing.T) {
	p, err := compileScript(`[{cut_at: {mark: record_header, index: 1, plus: 3, then: [fin]}}, {stdout: ab}, {stdout: cd}]`, traits{fastcgi: true}, variant{})
	if err != nil {
		t.Fatal(err)
	}
	got := string(p.actions[0].out[0].withID(0x0203))
	if want := "\x01\x06\x02\x03\x00\x02\x06\x00ab\x00\x00\x00\x00\x00\x00\x01\x06\x02"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSegments(t *testing.T) {
	whole := string(fillSegment(1000).expand(nil))
	for _, cut := range [][2]int64{{0, 1000}, {1, 2}, {64, 128}, {70, 900}, {999, 1000}, {10, 74}} {
		part := fillSegment(1000).slice(cut[0], cut[1])
		if got := string(part.expand(nil)); got != whole[cut[0]:cut[1]] || part.size != cut[1]-cut[0] {
			t.Errorf("%v: got %q, want %q", cut, got, whole[cut[0]:cut[1]])
		}
		again := part.slice(part.size/2, part.size)
		if got, want := string(again.expand(nil)), whole[cut[0]+part.size/2:cut[1]]; got != want {
			t.Errorf("%v twice: got %q, want %q", cut, got, want)
		}
	}
}
