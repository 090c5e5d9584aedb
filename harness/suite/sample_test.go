//go:build live

package suite

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/containers/nginx"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/harness/drill"
)

// sampled leaves out, of versions before the newest, what was recorded with the same log as with
// the newest; but of each scenario one variant stays, another one in each version.
func sampled(jobs []drill.Job) (kept []drill.Job, err error) {
	type place struct{ scenario, version string }
	alike := map[place][]drill.Job{}
	stays := map[place]bool{}
	for _, j := range jobs {
		at := place{j.Drill.Name, j.Proxy.Version}
		same, err := likeNewest(j)
		if err != nil {
			return nil, err
		}
		if same {
			alike[at] = append(alike[at], j)
		} else {
			stays[at] = true
			kept = append(kept, j)
		}
	}
	for at, list := range alike {
		if !stays[at] {
			slices.SortFunc(list, func(a, b drill.Job) int { return strings.Compare(a.Variant, b.Variant) })
			kept = append(kept, list[slices.Index(nginx.Versions(), at.version)%len(list)])
		}
	}
	order := map[string]int{}
	for i, j := range jobs {
		order[j.Name()] = i
	}
	slices.SortFunc(kept, func(a, b drill.Job) int { return order[a.Name()] - order[b.Name()] })
	return kept, nil
}

// likeNewest reports whether a drill of an older version was recorded with the log of the newest one.
func likeNewest(j drill.Job) (bool, error) {
	if j.Proxy.Version == nginx.Newest() || !slices.Contains(nginx.Versions(), j.Proxy.Version) {
		return false, nil
	}
	old, err := recordedLog(j, j.Proxy.Version)
	if err != nil || old == nil {
		return false, err
	}
	newest, err := recordedLog(j, nginx.Newest())
	return newest != nil && slices.Equal(old, newest), err
}

// recordedLog is what a drill logged when it was recorded; nil when it was not.
func recordedLog(j drill.Job, version string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join("../../scenarios", j.Drill.Name, "recorded", j.Variant+"-"+version+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var ev evidence.Evidence
	if err := json.Unmarshal(text, &ev); err != nil {
		return nil, err
	}
	list, err := drill.Messages(context.Background(), ev)
	return append([]string{}, list...), err
}
