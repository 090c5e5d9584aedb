package nginx

import "testing"

func TestWithoutVariable(t *testing.T) {
	for raw, want := range map[string]string{
		"http://$app:9000":    "http://a.test:9000",
		"http://${app}:9000/": "http://a.test:9000/",
		"http://$apple:9000":  "http://$apple:9000",
		"$app":                "a.test",
		"http://b.test/$app$": "http://b.test/a.test$",
		"http://b.test":       "http://b.test",
	} {
		if got := WithoutVariable(raw, "$app", "a.test"); got != want {
			t.Errorf("%s: got %s, want %s", raw, got, want)
		}
	}
}
