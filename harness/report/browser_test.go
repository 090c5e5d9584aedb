package report

import (
	"context"
	"fmt"
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
	if err := Page(f, browsed(), time.Now()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
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

// browsed are 8 drills: 2 scenarios, 2 variants, 2 versions, one failed; and a hostile one.
func browsed() []drill.Record {
	records := []drill.Record{hostileRecord()}
	for _, scenario := range []string{"wrong-port", "read-timeout"} {
		for _, variant := range []string{"http-tcp", "fastcgi-unix"} {
			for _, version := range []string{"1.18", "1.30"} {
				r := hostileRecord()
				r.Result.Scenario, r.Result.Variant, r.Result.Version, r.Result.Cause = scenario, variant, version, scenario
				r.Result.Verdict = drill.Passed
				if scenario == "read-timeout" && version == "1.18" && variant == "http-tcp" {
					r.Result.Verdict = drill.Failed
				}
				protocol, transport, _ := strings.Cut(variant, "-")
				r.Story.Labels = []string{protocol, transport}
				records = append(records, r)
			}
		}
	}
	return records
}

func TestThePageInABrowser(t *testing.T) {
	ctx, complaints := browse(t)
	shown := func() (n int) {
		t.Helper()
		const count = `[...document.querySelectorAll("details.drill")].filter(d => d.offsetParent !== null).length`
		if err := chromedp.Run(ctx, chromedp.Evaluate(count, &n)); err != nil {
			t.Fatal(err)
		}
		return n
	}
	set := func(id, property string, value any) {
		t.Helper()
		script := fmt.Sprintf(`{const e = document.getElementById(%q); e[%q] = %#v; e.dispatchEvent(new Event("input", {bubbles: true}))}`, id, property, value)
		if err := chromedp.Run(ctx, chromedp.Evaluate(script, nil)); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		what     string
		id       string
		property string
		value    any
		want     int
	}{
		{"everything", "find", "value", "", 9},
		{"one scenario", "find", "value", "read-timeout 1.30", 2},
		{"all again", "find", "value", "", 9},
		{"a label", "label", "value", "fastcgi", 4},
		{"and a version", "version", "value", "1.18", 2},
		{"of any label", "label", "value", "", 4},
		{"and failed only", "failed", "checked", true, 1},
	} {
		set(test.id, test.property, test.value)
		if n := shown(); n != test.want {
			t.Errorf("%s: %d drills are shown, want %d", test.what, n, test.want)
		}
	}
	var opened bool
	follow := `location.hash = "#wrong-port-http-tcp-nginx-1.30"; new Promise(r => setTimeout(() => r(document.getElementById("wrong-port-http-tcp-nginx-1.30").open), 50))`
	if err := chromedp.Run(ctx, chromedp.Evaluate(follow, &opened, awaited)); err != nil || !opened {
		t.Errorf("a link of the matrix opens its drill: %v, %v", opened, err)
	}
	if list := complaints(); len(list) > 0 {
		t.Errorf("the browser complains: %q", list)
	}
}

func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }
