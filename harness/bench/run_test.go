package bench

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// An interrupt in the middle of a group loses nothing that was measured, begins nothing more, and
// is said.
func TestInterruptedRun(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	measured := func(name string, f func(*Sheet) error) Group {
		return Group{Name: name, About: "how", Run: func(_ context.Context, s *Sheet) error {
			s.Row("first", 1, "x", AtLeast(1))
			return f(s)
		}}
	}
	chosen := []Group{
		measured("a", func(*Sheet) error { return nil }),
		measured("b", func(s *Sheet) error {
			s.Note("half of it")
			interrupt()
			return errors.New("signal: killed")
		}),
		measured("c", func(*Sheet) error { t.Error("begun after the interrupt"); return nil }),
	}
	var log, list, text, table bytes.Buffer
	saved := 0
	r := Run(ctx, chosen, &log, func(r *Report) {
		if saved++; saved == 1 && (len(r.Rows()) != 1 || !slices.Equal(r.Missing, []string{"a", "b", "c"}) || r.Interrupted) {
			t.Errorf("at first got %+v", r)
		}
	})
	if saved != 4 { // two rows, a note, the end
		t.Errorf("saved %d times, want 4", saved)
	}
	if r.Status() != 130 || !slices.Equal(r.Missing, []string{"b", "c"}) || len(r.Rows()) != 2 {
		t.Errorf("status %d, missing %v, rows %v", r.Status(), r.Missing, r.Rows())
	}
	if err := r.JSON(&list); err != nil {
		t.Fatal(err)
	}
	r.Markdown(&text)
	r.Table(&table)
	for _, tt := range []struct{ in, want string }{
		{list.String(), `"interrupted": true`}, {list.String(), `"name": "b: first"`},
		{list.String(), `"missing": [` + "\n    \"b\",\n    \"c\"\n  ]"},
		{text.String(), "**Interrupted: not all groups were measured; missing: b, c.**"}, {text.String(), "half of it"},
		{table.String(), "interrupted: not all groups were measured; missing: b, c"}, {log.String(), "a: first"},
	} {
		if !strings.Contains(tt.in, tt.want) {
			t.Errorf("got\n%s\nwant in it\n%s", tt.in, tt.want)
		}
	}
}

// A run that comes to its end says that nothing is missing.
func TestCompleteRun(t *testing.T) {
	var list, text bytes.Buffer
	one := func(_ context.Context, s *Sheet) error { s.Row("first", 1, "", None); return nil }
	r := Run(t.Context(), []Group{{Name: "a", Run: one}}, &text, func(*Report) {})
	text.Reset()
	if r.Markdown(&text); r.Status() != 0 || strings.Contains(text.String(), "missing") {
		t.Errorf("status %d, got\n%s", r.Status(), text.String())
	}
	if err := r.JSON(&list); err != nil || !strings.Contains(list.String(), `"missing": []`) {
		t.Errorf("got %v\n%s", err, list.String())
	}
}

// What is measured in a pod comes out row by row, also when the rest never comes.
func TestNewsOfAPod(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := Sheet{Group: "g", hear: speak(w)}
		s.Logf("at %d", 1)
		s.Row("first", 2, "x", AtLeast(3))
		s.Note("a note")
		switch r.URL.Path {
		case "/done":
			s.tell(news{Done: true})
		case "/error":
			s.tell(news{Error: "no room", Done: true})
		case "/cut":
			panic(http.ErrAbortHandler)
		}
	}))
	defer srv.Close()
	for path, want := range map[string]string{"/done": "", "/error": "no room", "/cut": "measure in the pod: unexpected EOF"} {
		res, err := http.Get(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		var log []string
		s := Sheet{Group: "g", hear: func(n news) { log = append(log, n.Log) }}
		err = hear(res.Body, &s)
		_ = res.Body.Close()
		if got := errorText(err); got != want {
			t.Errorf("%s: got error %q, want %q", path, got, want)
		}
		row := len(s.Rows) == 1 && s.Rows[0].Name == "g: first" && !s.Rows[0].Holds
		if !row || !slices.Equal(s.Notes, []string{"a note"}) || log[0] != "at 1" {
			t.Errorf("%s: got %+v, log %q", path, s, log)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
