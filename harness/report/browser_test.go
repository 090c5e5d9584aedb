package report

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	dialog "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/badgateway/badgateway/harness/drill"
)

// browse opens the report of some drills, a hostile one among them, in a headless browser.
// What the browser complains about is returned by the function.
func browse(t *testing.T) (context.Context, func() []string) {
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		t.Skip("no chromium on this machine: the page is not tried in a browser (Debian: apt-get install chromium)")
	}
	file := filepath.Join(t.TempDir(), PageName)
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := Page(f, Run{Drills: 9}, browsed(), time.Now()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // it takes seconds, unless much else runs
	t.Cleanup(cancel)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.Flag("disable-dev-shm-usage", true))
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	complaints := listen(ctx)
	if err := chromedp.Run(ctx, log.Enable(), chromedp.Navigate("file://"+file)); err != nil {
		t.Fatal(err)
	}
	return ctx, complaints
}

func listen(ctx context.Context) func() []string {
	var mu sync.Mutex
	var list []string
	chromedp.ListenTarget(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			list = append(list, e.ExceptionDetails.Error())
		case *log.EventEntryAdded:
			list = append(list, e.Entry.Text)
		case *dialog.EventJavascriptDialogOpening:
			list = append(list, "a dialog: "+e.Message)
		}
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return list
	}
}

// browsed are 8 drills, of 2 scenarios, 2 variants, 2 versions, of which one failed and one is
// inconclusive; and a hostile one.
func browsed() []drill.Record {
	records := []drill.Record{hostileRecord()}
	for _, scenario := range []string{"wrong-port", "read-timeout"} {
		for _, variant := range []string{"http-tcp", "fastcgi-unix"} {
			for _, version := range []string{"1.18", "1.30"} {
				r := hostileRecord()
				r.Result.Scenario, r.Result.Variant, r.Result.Version, r.Result.Cause = scenario, variant, version, scenario
				r.Result.Verdict = drill.Passed
				switch {
				case scenario == "read-timeout" && version == "1.18" && variant == "http-tcp":
					r.Result.Verdict = drill.Failed
				case scenario == "wrong-port" && version == "1.18" && variant == "fastcgi-unix":
					r.Result.Verdict = drill.Inconclusive
				default:
					r.Exhibits = nil
				}
				protocol, transport, _ := strings.Cut(variant, "-")
				r.Story.Labels = []string{protocol, transport}
				records = append(records, r)
			}
		}
	}
	return records
}

// browser asks the page things.
type browser struct {
	*testing.T
	ctx context.Context
}

// eval runs a script and puts what it comes to into value.
func (b browser) eval(script string, value any) {
	b.Helper()
	if err := chromedp.Run(b.ctx, chromedp.Evaluate(script, value, awaited)); err != nil {
		b.Fatalf("%s: %v", script, err)
	}
}

func (b browser) number(script string) (n int) {
	b.Helper()
	b.eval(script, &n)
	return n
}

func (b browser) holds(what, script string) {
	b.Helper()
	var ok bool
	if b.eval(script, &ok); !ok {
		b.Errorf("%s: not so: %s", what, script)
	}
}

const (
	shownDrills = `[...document.querySelectorAll("details.drill")].filter(d => d.offsetParent !== null).length`
	shownRows   = `[...document.querySelectorAll(".matrix tbody tr")].filter(r => r.offsetParent !== null).length`
)

func TestThePageInABrowser(t *testing.T) {
	ctx, complaints := browse(t)
	for name, test := range map[string]func(browser){"filter": pageFilter, "keys": pageKeys, "telephone": pageNarrow} {
		t.Run(name, func(t *testing.T) {
			if err := chromedp.Run(ctx, chromedp.Reload()); err != nil {
				t.Fatal(err)
			}
			test(browser{t, ctx})
		})
	}
	if list := complaints(); len(list) > 0 {
		t.Errorf("the browser complains: %q", list)
	}
}

func pageFilter(b browser) {
	b.holds("what did not pass is open, what did is not shown", `[...document.querySelectorAll("details.drill")].every(d => d.open === (d.offsetParent !== null))`)
	b.holds("the first drill is one that failed", `document.querySelector("details.drill").classList.contains("bad")`)
	for _, test := range []struct {
		what, script string
		drills, rows int
	}{
		{"as it is opened: what did not pass", ``, 3, 3},
		{"one scenario of it", `find.value = "read-timeout"`, 1, 1},
		{"all verdicts", `document.querySelector("#verdict input").checked = true`, 4, 1},
		{"one version", `find.value = "read-timeout 1.30"`, 2, 1},
		{"all again", `find.value = ""`, 9, 3},
		{"a label", `label.value = "fastcgi"`, 4, 2},
		{"and a version", `version.value = "1.18"`, 2, 2},
		{"of any label", `label.value = ""`, 4, 2},
		{"and inconclusive only", `document.querySelector("#verdict input[value=open]").checked = true`, 1, 1},
		{"nothing", `find.value = "no such thing"`, 0, 0},
		{"and failed only", `find.value = ""; document.querySelector("#verdict input[value=bad]").checked = true`, 1, 1},
	} {
		b.eval(`{const [find, label, version] = ["find", "label", "version"].map(id => document.getElementById(id)); `+test.script+
			`; find.dispatchEvent(new Event("input", {bubbles: true}))}`, nil)
		if drills, rows := b.number(shownDrills), b.number(shownRows); drills != test.drills || rows != test.rows {
			b.Errorf("%s: %d drills and %d rows are shown, want %d and %d", test.what, drills, rows, test.drills, test.rows)
		}
	}
	b.holds("a link opens its drill, which the filter hides", `location.hash = "#wrong-port-http-tcp-nginx-1.30"; new Promise(r => setTimeout(() => {
		const d = document.getElementById("wrong-port-http-tcp-nginx-1.30"); r(d.open && d.offsetParent !== null)}, 50))`)
	b.holds("exhibits are shown when they are asked for", `(() => {const e = document.querySelector(".drill.bad:not([hidden]) .exhibit"), pre = e.querySelector("pre");
		const before = pre.checkVisibility(); e.open = true; return !before && pre.checkVisibility()})()`)
}

func pageKeys(b browser) {
	b.eval(`{document.querySelector("#verdict input").checked = true; document.getElementById("find").dispatchEvent(new Event("input", {bubbles: true}))}`, nil)
	if n := b.number(`[...document.querySelectorAll(".matrix a")].filter(a => a.tabIndex === 0).length`); n != 1 {
		b.Errorf("the matrix has %d stops of the Tab key, want 1", n)
	}
	b.eval(`document.querySelector('.matrix a[href="#read-timeout-fastcgi-unix-nginx-1.18"]').focus()`, nil)
	for _, test := range []struct{ key, want string }{
		{kb.ArrowRight, "#read-timeout-http-tcp-nginx-1.18"},
		{kb.ArrowDown, "#wrong-port-http-tcp-nginx-1.18"},
		{kb.ArrowLeft, "#wrong-port-fastcgi-unix-nginx-1.18"},
		{kb.ArrowUp, "#read-timeout-fastcgi-unix-nginx-1.18"},
	} {
		var at string
		if err := chromedp.Run(b.ctx, chromedp.KeyEvent(test.key), chromedp.Evaluate(`document.activeElement.hash`, &at)); err != nil || at != test.want {
			b.Errorf("%q: at %q, %v, want %q", test.key, at, err, test.want)
		}
	}
	if err := chromedp.Run(b.ctx, chromedp.KeyEvent("/")); err != nil {
		b.Fatal(err)
	}
	b.holds("/ goes to the search", `document.activeElement.id === "find"`)
}

// pageNarrow: the page is not wider than a telephone's screen.
func pageNarrow(b browser) {
	if err := chromedp.Run(b.ctx, chromedp.EmulateViewport(400, 800)); err != nil {
		b.Fatal(err)
	}
	if n := b.number(`document.documentElement.scrollWidth`); n > 400 {
		var wide []string
		b.eval(`[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > 400 && !e.closest("figure, pre")).map(e => e.outerHTML.slice(0, 60))`, &wide)
		b.Errorf("the page is %d px wide, want 400: %q", n, wide[:min(len(wide), 9)])
	}
}

func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }
