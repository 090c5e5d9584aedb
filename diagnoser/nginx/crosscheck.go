package nginx

import (
	"io"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	crossplane "github.com/nginxinc/nginx-go-crossplane"
)

// sameAsCrossplane reads a file a second time with nginx's own parser library and
// compares: names, lines and arguments in order. A file that the two read
// differently is not edited. The library panics on some input, such as an empty
// condition, if (): such a file is read differently.
func sameAsCrossplane(f evidence.File, list []*Directive) (same bool) {
	defer func() {
		if recover() != nil {
			same = false
		}
	}()
	payload, err := crossplane.Parse(f.Path, &crossplane.ParseOptions{
		Open:                      func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(f.Text)), nil },
		Glob:                      func(string) ([]string, error) { return nil, nil },
		SingleFile:                true,
		StopParsingOnError:        true,
		SkipDirectiveContextCheck: true,
		SkipDirectiveArgsCheck:    true,
		LexOptions:                crossplane.LexOptions{Lexers: []crossplane.RegisterLexer{(&crossplane.Lua{}).RegisterLexer()}},
	})
	return err == nil && len(payload.Config) == 1 && sameList(list, payload.Config[0].Parsed)
}

func sameList(ours []*Directive, theirs crossplane.Directives) bool {
	if len(ours) != len(theirs) {
		return false
	}
	for i, d := range ours {
		if !sameDirective(d, theirs[i]) {
			return false
		}
	}
	return true
}

func sameDirective(ours *Directive, theirs *crossplane.Directive) bool {
	if ours.Name != theirs.Directive || ours.Line != theirs.Line {
		return false
	}
	if strings.HasSuffix(ours.Name, "_by_lua_block") {
		return true
	}
	// crossplane takes the parentheses of an if apart; escapes it may keep.
	if ours.Name != "if" && !sameArgs(ours.Args, theirs.Args) {
		return false
	}
	return ours.IsBlock() == theirs.IsBlock() && sameList(ours.Block, theirs.Block)
}

func sameArgs(ours []Arg, theirs []string) bool {
	if len(ours) != len(theirs) {
		return false
	}
	for i, a := range ours {
		if a.Text != theirs[i] && !strings.Contains(theirs[i], `\`) {
			return false
		}
	}
	return true
}
