package containers

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/moby/moby/client"
)

const sidecarName = "badgateway/sidecar:"

// EnsureSidecar makes the image that holds nothing but program, the badgateway
// command itself, and returns its reference; the tag comes from the program's build ID, so an image is made
// once for each build. The program must be linked statically.
func (e *Engine) EnsureSidecar(ctx context.Context, program string) (string, error) {
	id, err := identity(program)
	if err != nil {
		return "", err
	}
	image := Image{Name: sidecarName + id}
	if ref, err := e.local(ctx, image); ref != "" || err != nil {
		return ref, err
	}
	unlock, err := lock(ctx, "sidecar")
	if err != nil {
		return "", err
	}
	defer unlock()
	if ref, err := e.local(ctx, image); ref != "" || err != nil {
		return ref, err
	}
	if err := mustBeStatic(program); err != nil {
		return "", err
	}
	if err := e.loadProgram(ctx, image.Name, program); err != nil {
		return "", err
	}
	e.dropOldSidecars(ctx, image.Name)
	return image.Name, nil
}

// dropOldSidecars removes the images of earlier builds; one that a container still uses stays, and
// so does one younger than an hour, which another checkout may be about to use.
func (e *Engine) dropOldSidecars(ctx context.Context, current string) {
	list, err := e.docker.ImageList(ctx, client.ImageListOptions{Filters: labelled(labelImage)})
	if err != nil {
		return
	}
	for _, img := range list.Items {
		for _, tag := range img.RepoTags {
			if strings.HasPrefix(tag, sidecarName) && tag != current && time.Since(time.Unix(img.Created, 0)) > time.Hour {
				e.docker.ImageRemove(ctx, tag, client.ImageRemoveOptions{PruneChildren: true})
			}
		}
	}
}

func (e *Engine) loadProgram(ctx context.Context, ref, program string) error {
	root, out := io.Pipe()
	go func() { out.CloseWithError(tarProgram(out, program)) }()
	defer root.Close()
	if err := e.load(ctx, ref, root, []string{`ENTRYPOINT ["/badgateway"]`}); err != nil {
		return fmt.Errorf("make sidecar image: %w", err)
	}
	return nil
}

func tarProgram(w io.Writer, program string) error {
	f, err := os.Open(program)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	tw := tar.NewWriter(w)
	for _, dir := range []string{"proc/", "tmp/"} {
		if err := tw.WriteHeader(&tar.Header{Name: dir, Typeflag: tar.TypeDir, Mode: 0o755}); err != nil {
			return err
		}
	}
	if err := tw.WriteHeader(&tar.Header{Name: "badgateway", Mode: 0o755, Size: info.Size()}); err != nil {
		return err
	}
	if _, err := io.Copy(tw, f); err != nil {
		return err
	}
	return tw.Close()
}

// identity is a hash of the ID that the Go linker gives a program, which comes from the program's content; of the whole
// program when it has none.
func identity(program string) (string, error) {
	f, err := elf.Open(program)
	if err != nil {
		return "", fmt.Errorf("make sidecar image: %s: %w", program, err)
	}
	defer f.Close()
	h := sha256.New()
	const header = 16 // lengths, type and the name "Go"
	if note := f.Section(".note.go.buildid"); note != nil && note.Size > header {
		_, err = io.Copy(h, note.Open())
	} else {
		err = hashFile(h, program)
	}
	if err != nil {
		return "", fmt.Errorf("read own program: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

func hashFile(h io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(h, f)
	return err
}

// mustBeStatic refuses a program that needs a loader, which an image from scratch does not have.
func mustBeStatic(program string) error {
	f, err := elf.Open(program)
	if err != nil {
		return fmt.Errorf("make sidecar image: %s: %w", program, err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return fmt.Errorf("make sidecar image: %s is linked dynamically; build it with CGO_ENABLED=0", program)
		}
	}
	return nil
}
