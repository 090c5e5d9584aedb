package containers

import (
	"archive/tar"
	"bytes"
	"context"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/moby/moby/client"
)

// put writes files into a container that need not run, all in one go: Docker Engine starts a process
// of its own for each archive, which takes longer than to unpack it.
func (e *Engine) put(ctx context.Context, id string, files map[string][]byte) error {
	if len(files) == 0 {
		return nil
	}
	archive, err := archiveOf(files)
	if err != nil {
		return err
	}
	_, err = e.docker.CopyToContainer(ctx, id, client.CopyToContainerOptions{DestinationPath: "/", Content: archive})
	return err
}

// archiveOf holds files by their absolute paths, readable for everyone, with the directories that they need.
func archiveOf(files map[string][]byte) (*bytes.Buffer, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, dir := range directories(files) {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o755}); err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: strings.TrimPrefix(name, "/"), Mode: 0o644, Size: int64(len(files[name]))}); err != nil {
			return nil, err
		}
		if _, err := w.Write(files[name]); err != nil {
			return nil, err
		}
	}
	return &b, w.Close()
}

// directories are those above the files, outer ones first, but for the ones in the root: they are there, and may have modes of their own, as /tmp has.
func directories(files map[string][]byte) (list []string) {
	for name := range files {
		for dir := path.Dir(strings.TrimPrefix(name, "/")); strings.Contains(dir, "/"); dir = path.Dir(dir) {
			list = append(list, dir)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
