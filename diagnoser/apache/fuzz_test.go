package apache

import "testing"

func FuzzParse(f *testing.F) {
	f.Add("[Sat Mar 14 09:15:02.123456 2026] [proxy:error] [pid 7:tid 7] (111)Connection refused: AH00957: http: attempt to connect to 127.0.0.1:8000 (127.0.0.1:8000) failed")
	f.Add("[Sat Mar 14 09:15:02 2026] [error] (110)Connection timed out: proxy: HTTP: attempt to connect to 192.0.2.1:80 (a) failed")
	f.Fuzz(func(t *testing.T, line string) {
		e, ok := new(Scanner).Parse(line)
		if ok && (e.Signature == "" || e.Text == "") {
			t.Errorf("got %+v", e)
		}
		if again, ok2 := new(Scanner).Parse(line); ok2 != ok || again != e {
			t.Errorf("got %+v, then %+v", e, again)
		}
		Unknown(line)
		Is(line)
	})
}
