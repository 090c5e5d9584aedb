package containers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"strconv"
	"strings"
)

// DebianBuild is an image made by mmdebstrap(1) from one Debian suite. The
// mirror is mmdebstrap's default for the suite, or the one in BADGATEWAY_MIRROR.
type DebianBuild struct {
	Suite    string   // "forky"
	Packages []string // beside the essential ones
	// Configure names those packages, by patterns of the shell, that dpkg(1) installs. The others are only unpacked: that takes
	// a tenth of the time, and what their scripts do is of no use in a container.
	Configure []string
	Command   []string // what the container runs
	// Links are symbolic links to make, by their path: names under which public images have a program.
	Links map[string]string
	Run   string // commands of the shell in the new file system, at the end, without single quotes
}

// union is the image that is all of a group.
func union(group []*Pending) Image {
	if len(group) == 1 {
		return group[0].image
	}
	all := DebianBuild{Links: map[string]string{}}
	var run []string
	for _, p := range group {
		d := p.image.Debian
		all.Suite = d.Suite
		all.Packages = append(all.Packages, d.Packages...)
		all.Configure = append(all.Configure, d.Configure...)
		maps.Copy(all.Links, d.Links)
		if d.Run != "" {
			run = append(run, d.Run)
		}
	}
	all.Run = strings.Join(run, " &&\n")
	return Image{Name: group[0].Ref, Debian: &all}
}

// build makes an image and imports it while it is made. One that is not urgent leaves the processors to what is.
func (e *Engine) build(ctx context.Context, image Image, urgent bool) error {
	if err := e.ensureMmdebstrap(ctx); err != nil {
		return err
	}
	if err := os.MkdirAll(buildDir(e.owner), 0o755); err != nil {
		return fmt.Errorf("make build directory: %w", err)
	}
	dir, err := os.MkdirTemp(buildDir(e.owner), "")
	if err != nil {
		return fmt.Errorf("make build directory: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // it is for mmdebstrap's other users, too
		return fmt.Errorf("make build directory: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	root, out := io.Pipe()
	made := make(chan error, 1)
	go func() {
		err := e.mmdebstrap(ctx, image, dir, urgent, out)
		out.CloseWithError(err)
		made <- err
	}()
	var changes []string
	if image.Debian.Command != nil {
		changes = append(changes, "CMD "+jsonList(image.Debian.Command))
	}
	loadErr := e.load(ctx, image.Name, root, changes)
	root.CloseWithError(loadErr)
	if err := <-made; err != nil && !errors.Is(err, io.ErrClosedPipe) {
		return err
	}
	return loadErr
}

func jsonList(args []string) string {
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = strconv.Quote(a)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
