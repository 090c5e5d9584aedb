package containers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/client"
)

// Image names one image and the ways to get it.
type Image struct {
	Name   string       // the tag it gets when it is built here, "badgateway/nginx:1.30"
	Public string       // the public image that serves as well, "nginx:1.30"; empty if none
	Debian *DebianBuild // how it is built from Debian packages; nil if it is not
}

// Ensure gets an image as Get does and returns its reference when it is there.
func (e *Engine) Ensure(ctx context.Context, image Image) (string, error) {
	p := e.Get(ctx, image)
	<-p.done // with ctx it ends, too, and has left nothing then
	return p.Ref, p.err
}

// local returns the reference of an image that is present, or "".
func (e *Engine) local(ctx context.Context, image Image) (string, error) {
	for _, ref := range []string{image.Name, image.Public} {
		if ref == "" {
			continue
		}
		_, err := e.docker.ImageInspect(ctx, ref)
		if err == nil {
			return ref, nil
		}
		if !cerrdefs.IsNotFound(err) {
			return "", fmt.Errorf("inspect image %s: %w", ref, err)
		}
	}
	return "", nil
}

// load imports a tar stream of a root file system as an image. What the daemon
// has read of it is dropped when the stream ends early.
func (e *Engine) load(ctx context.Context, ref string, root io.Reader, changes []string) error {
	changes = append(changes, "LABEL "+labelImage+"=1")
	res, err := e.docker.ImageImport(ctx, client.ImageImportSource{Source: root, SourceName: "-"}, ref,
		client.ImageImportOptions{Changes: changes})
	if err != nil {
		return fmt.Errorf("import %s: %w", ref, err)
	}
	defer res.Close()
	return importError(res)
}

// importError looks for the error that the daemon reports inside a 200 answer.
func importError(r io.Reader) error {
	dec := json.NewDecoder(r)
	for {
		var msg struct{ Error string }
		if err := dec.Decode(&msg); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read import answer: %w", err)
		}
		if msg.Error != "" {
			return errors.New(msg.Error)
		}
	}
}

// lock serialises the builds of one image among all processes of this machine.
// The kernel releases it when the holder dies.
func lock(ctx context.Context, name string) (unlock func(), err error) {
	path := filepath.Join(os.TempDir(), "badgateway-"+strings.NewReplacer("/", "-", ":", "-").Replace(name)+".lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock image %s: %w", name, err)
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			f.Close()
			return nil, fmt.Errorf("lock image %s: %w", name, err)
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}
