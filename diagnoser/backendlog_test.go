package diagnoser

import (
	"context"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

func TestReadKeepsWhatBackendsSay(t *testing.T) {
	const log = "[14-Mar-2026 09:15:02] WARNING: [pool www] child 14 exited on signal 11 (SIGSEGV) after 1.4 seconds from start\n" +
		"[14-Mar-2026 09:15:03] NOTICE: [pool www] child 15 started\n" +
		"[14-Mar-2026 09:15:09] WARNING: [pool www] child 15 exited on signal 11 (SIGSEGV) after 1.4 seconds from start\n"
	r, err := Read(context.Background(), evidence.Evidence{Texts: []evidence.Log{{Name: "fpm.log", Text: log}}})
	if err != nil {
		t.Fatal(err)
	}
	all := r.saidOf(evidence.WorkerCrashed)
	if len(all) != 1 || all[0].count != 2 || len(all[0].pids) != 2 || all[0].Line != 1 || all[0].last.Sub(all[0].Time).Seconds() != 7 {
		t.Fatalf("got %+v", all)
	}
	if f := all[0].fact(); f.Source != fromBackend || f.Ref != "fpm.log:1" {
		t.Errorf("got %+v", f)
	}
}
