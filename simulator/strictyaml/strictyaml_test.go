package strictyaml_test

import (
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

type level string

func (l *level) UnmarshalText(b []byte) error {
	if *l = level(b); *l != "easy" && *l != "hard" {
		return fmt.Errorf("unknown level %q", b)
	}
	return nil
}

type pair struct{ left, right string }

func (p *pair) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	var ok bool
	if p.left, p.right, ok = strings.Cut(node.Value, "/"); !ok {
		return d.Errorf(node, "want left/right")
	}
	return nil
}

type common struct {
	Title string `yaml:"title" strict:"required"`
}

type document struct {
	Common common                     `yaml:",inline"`
	Level  level                      `yaml:"level"`
	Pair   pair                       `yaml:"pair"`
	Wait   time.Duration              `yaml:"wait"`
	Size   strictyaml.Size            `yaml:"size"`
	Mode   *fs.FileMode               `yaml:"mode"`
	Count  uint8                      `yaml:"count"`
	Delta  int                        `yaml:"delta"`
	Ratio  float64                    `yaml:"ratio"`
	Flag   bool                       `yaml:"flag"`
	List   []string                   `yaml:"list"`
	Sizes  map[string]strictyaml.Size `yaml:"sizes"`
	Raw    yaml.Node                  `yaml:"raw"`
	Kept   *yaml.Node                 `yaml:"kept"`
	Hidden string                     `yaml:"-"`
	Plain  int
}

func TestDecodes(t *testing.T) {
	const text = `
title: "200"
level: hard
pair: a/b
wait: 1m30s
size: 16KiB
mode: "01640"
count: 255
delta: -3
ratio: 2
flag: true
list: [a, b]
sizes: {200: 1, b: 1MiB}
raw: {any: [thing]}
kept: 5
plain: 7
`
	var got document
	if err := strictyaml.Unmarshal("f", []byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if got.Raw.Content[0].Value != "any" || got.Kept.Line != 15 {
		t.Errorf("nodes: %+v %+v", got.Raw, got.Kept)
	}
	mode := fs.ModeSticky | 0o640
	got.Raw, got.Kept = yaml.Node{}, nil
	want := document{Common: common{"200"}, Level: "hard", Pair: pair{"a", "b"}, Wait: 90 * time.Second, Size: 16384, Mode: &mode,
		Count: 255, Delta: -3, Ratio: 2, Flag: true, List: []string{"a", "b"}, Sizes: map[string]strictyaml.Size{"200": 1, "b": 1 << 20}, Plain: 7}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestRefuses(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", "f:1:1: the file is empty"},
		{"title: x\nlst: []", `f:2:1: unknown field "lst" (known: count, delta, flag, kept, level, list, mode, pair, plain, ratio, raw, size, sizes, title, wait)`},
		{"title: x\nHidden: y", `f:2:1: unknown field "Hidden"`},
		{"level: easy", `f:1:1: field "title" is missing`},
		{"title: x\nflag: true\ntitle: y", `f:3:1: field "title" is given twice (first on line 1)`},
		{"title: x\nsizes: {a: 1, a: 2}", `f:2:15: field "a" is given twice`},
		{"title: 200", "f:1:8: want a string, got the number 200; put it in quotes"},
		{"title: true", "f:1:8: want a string, got true; put it in quotes"},
		{"title:", "f:1:7: want a string, got nothing"},
		{"title: [x]", "f:1:8: want a string, got a list"},
		{"[x]", "f:1:1: want a map of count, "},
		{"title: x\nlevel: medium", `f:2:8: unknown level "medium"`},
		{"title: x\npair: ab", "f:2:7: want left/right"},
		{"title: x\nwait: 5", "f:2:7: want a duration with its unit"},
		{"title: x\nwait: -5s", "f:2:7: a duration cannot be negative"},
		{"title: x\nwait: soon", "f:2:7: want a duration with its unit"},
		{"title: x\nsize: 16kB", `f:2:7: want a size such as 512, 16KiB or 1MiB, got "16kB"`},
		{"title: x\nsize: 2GiB", "f:2:7: size 2GiB is above the limit of 1GiB"},
		{"title: x\nsize: 99999999999999999999GiB", "f:2:7: want a size"},
		{"title: x\nsize: -1", "f:2:7: want a size"},
		{"title: x\nmode: 644", `f:2:7: want a file mode such as "0660", got the number 644`},
		{"title: x\nmode: \"0888\"", `f:2:7: want a file mode`},
		{"title: x\ncount: 256", "f:2:8: 256 is no decimal number between 0 and 255"},
		{"title: x\ncount: 1.5", "f:2:8: want a whole number, got the number 1.5"},
		{"title: x\ndelta: \"3\"", `f:2:8: want a whole number, got "3"`},
		{"title: x\ndelta: 0x10", "f:2:8: 0x10 is no decimal number"},
		{"title: x\nflag: yes", `f:2:7: want true or false, got "yes"`},
		{"title: x\nlist: a", `f:2:7: want a list, got "a"`},
		{"title: x\nlist: [a, [b]]", "f:2:11: want a string, got a list"},
		{"title: &a x\nlist: [*a]", "f:1:8: anchors and aliases are not supported"},
		{"title: x\n<<: {flag: true}", "f:2:1: want a word as key"},
		{"title: x\n---\ntitle: y", "f:2:1: a second document"},
		{"title: x\n  flag: true", "f:2:1: mapping values are not allowed"},
	} {
		var got document
		err := strictyaml.Unmarshal("f", []byte(tt.text), &got)
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%q:\ngot  %v\nwant %s", tt.text, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: the error has several lines: %v", tt.text, err)
		}
	}
}

func TestErrorShowsItsLine(t *testing.T) {
	text := []byte("title: x\nsizes:\n  big: 1TB\n")
	want := "  big: 1TB\n       ^"
	var got document
	var e *strictyaml.Error
	if err := strictyaml.Unmarshal("dir/f.yaml", text, &got); !errors.As(err, &e) || e.Source() != want || e.File != "dir/f.yaml" {
		t.Errorf("got %v with source %q, want %q", err, e.Source(), want)
	}
	node, err := strictyaml.Parse("f", text)
	if err != nil {
		t.Fatal(err)
	}
	err = strictyaml.Decode("f", node, &got)
	if !errors.As(err, &e) || e.Text != "" || e.Line != 3 {
		t.Errorf("a node alone: got %+v", err)
	}
	if _ = strictyaml.Attach(fmt.Errorf("load: %w", err), text); e.Source() != want {
		t.Errorf("attached: got %q, want %q", e.Source(), want)
	}
}

func TestSizesAreWrittenAsRead(t *testing.T) {
	for _, s := range []string{"0", "1", "512", "1KiB", "16KiB", "1025", "1MiB", "1GiB", "1536KiB"} {
		size, err := strictyaml.ParseSize(s)
		if err != nil || size.String() != s {
			t.Errorf("%s: got %s, %v", s, size, err)
		}
	}
	if size, err := strictyaml.ParseSize("12B"); err != nil || size != 12 {
		t.Errorf("12B: got %d, %v", size, err)
	}
}
