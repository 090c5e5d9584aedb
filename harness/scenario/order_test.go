package scenario

import "testing"

func TestLongestFirst(t *testing.T) {
	catalogue, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	drills := catalogue.Drills()
	ordered := LongestFirst(drills)
	if len(ordered) != len(drills) {
		t.Fatalf("got %d drills, want %d", len(ordered), len(drills))
	}
	for i := range ordered[1:] {
		if ordered[i].Waiting() < ordered[i+1].Waiting() {
			t.Errorf("%s/%s, %v, stands before %s/%s, %v", ordered[i].Name, ordered[i].Variant, ordered[i].Waiting(),
				ordered[i+1].Name, ordered[i+1].Variant, ordered[i+1].Waiting())
		}
	}
	place := map[string]int{}
	for i, d := range ordered {
		place[d.Name+"/"+d.Variant] = i
	}
	if place["gunicorn-timeout/http-tcp"] > place["backend-down/http-tcp"] || place["app-hang/http-tcp"] > place["backend-down/http-tcp"] {
		t.Errorf("got %v", place)
	}
}
