package simulator

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/simulator/strictyaml"
)

func TestParseHead(t *testing.T) {
	for _, tt := range []struct{ head, want string }{
		{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / keep say=0 fields=1 left=0"},
		{"GET / HTTP/1.0\r\n\r\n", "GET / close say=2 fields=0 left=0"},
		{"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET / keep say=1 fields=1 left=0"},
		{"POST /a?b HTTP/1.1\r\nhost: a\r\nConnection: x, close\r\ncontent-LENGTH:  12 \r\n\r\n", "POST /a?b close say=2 fields=3 left=12"},
		{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", "POST / keep say=0 fields=3 left=0 chunked"},
		{"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n", "POST / keep say=0 fields=2 left=0 expects"},
		{"OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "OPTIONS * keep say=0 fields=1 left=0"},
		{"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", "CONNECT a:1 keep say=0 fields=1 left=0"},
		{"GET http://a/ HTTP/1.1\r\nHost:\r\nX: \xe4\tb\r\n\r\n", "GET http://a/ keep say=0 fields=2 left=0"},
		{"GET /\r\n\r\n", "malformed"},
		{"GET / HTTP/2.0\r\n\r\n", "malformed"},
		{"\x16\x03\x01\x00\xa5\x01\x00\n\n", "malformed"},
		{"GET / HTTP/1.1\r\nno colon\r\n\r\n", "malformed"},
		{"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "malformed"},
		{"GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", "malformed"},
	} {
		if n := headLength([]byte(tt.head+"rest"), 0); n != len(tt.head) {
			t.Errorf("%q: the head ends at %d, want %d", tt.head, n, len(tt.head))
		}
		if got := describeHead(tt.head); got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.head, got, tt.want)
		}
	}
}

func describeHead(head string) string {
	var r request
	var b httpBody
	if err := r.parseHead([]byte(head), &b); errors.Is(err, errMalformed) {
		return "malformed"
	}
	s := fmt.Sprintf("%s %s %s say=%d fields=%d left=%d", r.method, r.target, map[bool]string{true: "keep", false: "close"}[r.keep], r.say, len(r.fields), b.left)
	if b.chunked {
		s += " chunked"
	}
	if r.expects {
		s += " expects"
	}
	return s
}

// A head that arrives byte by byte is found where it ends and nowhere else.
func TestHeadLengthInPieces(t *testing.T) {
	for _, head := range []string{"GET / HTTP/1.1\r\nA: b\r\n\r\n", "GET / HTTP/1.1\n\n", "GET / HTTP/1.1\r\nA: b\n\r\n"} {
		for seen := range len(head) {
			if n := headLength([]byte(head[:seen]), max(0, seen-1)); n != 0 {
				t.Errorf("%q: found an end at %d", head[:seen], n)
			}
			if n := headLength([]byte(head), seen); n != len(head) {
				t.Errorf("%q with %d seen: got %d", head, seen, n)
			}
		}
	}
}

func TestChunkedBody(t *testing.T) {
	for _, tt := range []struct {
		body string
		size int64 // -1 is malformed
	}{
		{"0\r\n\r\n", 0},
		{"5\r\nhello\r\n0\r\n\r\n", 5},
		{"A;ext=1\r\n0123456789\r\n00\r\nTrailer: x\r\n\r\n", 10},
		{"3 \t;a\r\nabc\r\n0\r\nA: b:c\r\nD:\r\n\r\n", 3},
		{"3\nabc\n0\n\n", -1},
		{"x\r\n", -1},
		{"\r\n", -1},
		{"3\r\nabcd", -1},
		{"1000000000000000\r\n", -1},
		{"5 5\r\nhello\r\n0\r\n\r\n", -1},
	} {
		for _, piece := range []int{1, 2, 1000} {
			b := httpBody{chunked: true}
			used, err := feedPieces(&b, tt.body+"NEXT", piece)
			switch {
			case tt.size < 0 && !errors.Is(err, errMalformed):
				t.Errorf("%q by %d: got %v, want malformed", tt.body, piece, err)
			case tt.size >= 0 && (err != nil || !b.done() || b.size != tt.size || used != len(tt.body)):
				t.Errorf("%q by %d: used %d, size %d, done %v, %v", tt.body, piece, used, b.size, b.done(), err)
			}
		}
	}
}

func feedPieces(b *httpBody, s string, piece int) (used int, err error) {
	for used < len(s) && !b.done() && err == nil {
		var n int
		n, err = b.feed([]byte(s[used:min(used+piece, len(s))]))
		used += n
	}
	return used, err
}

func TestGlob(t *testing.T) {
	for _, tt := range []struct {
		pattern, s string
		want       bool
	}{
		{"/a", "/a", true}, {"/a", "/ab", false}, {"*", "", true}, {"/a*", "/a/b/c", true}, {"*c", "/a/b/c", true},
		{"/a*b*c", "/aXbbYc", true}, {"/a*b*c", "/aXc", false}, {"", "", true}, {"", "x", false},
	} {
		if got := glob(tt.pattern, []byte(tt.s)); got != tt.want {
			t.Errorf("%q matches %q: got %v", tt.pattern, tt.s, got)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, tt := range []struct {
		s       string
		in, out uint64
	}{{"2", 2, 3}, {"2+", 9, 1}, {"2-4", 4, 5}, {"1", 1, 2}} {
		n, err := strictyaml.ParseOrdinals(tt.s)
		if err != nil || !n.Has(tt.in) || n.Has(tt.out) {
			t.Errorf("%s: %+v %v", tt.s, n, err)
		}
	}
	for _, s := range []string{"0", "", "+", "4-2", "2-", "a", "2-4+", "-1"} {
		if n, err := strictyaml.ParseOrdinals(s); err == nil {
			t.Errorf("%q: got %+v, want an error", s, n)
		}
	}
}

func TestEqualFold(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{{"Host", "hOST", true}, {"a-b", "A-B", true}, {"a@b", "a`b", false}, {"a", "ab", false}, {"[", "{", false}} {
		if got := equalFold([]byte(tt.a), tt.b); got != tt.want {
			t.Errorf("%q, %q: got %v", tt.a, tt.b, got)
		}
	}
}

// Heads longer than the buffer and the limit.
func TestLongHead(t *testing.T) {
	var in input
	in.room()
	for len(in.buf) < 3*bufferSize {
		in.w += copy(in.buf[in.w:], strings.Repeat("x", len(in.buf)))
		before := in.w - in.r
		in.room()
		if in.w-in.r != before || in.w == len(in.buf) {
			t.Fatalf("after growing: %d unparsed bytes, want %d, of %d", in.w-in.r, before, len(in.buf))
		}
	}
	if in.slab != nil {
		t.Error("a grown buffer must not go to the pool")
	}
}
