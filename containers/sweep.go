package containers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/image"
	"github.com/moby/moby/client"
)

// ownNames begins the name of every image that is made here.
const ownNames = "badgateway/"

// Which says what a Sweep removes.
type Which struct {
	Run    string // only this run, whether its owner lives or not
	Kept   bool   // also what was left on purpose
	Living bool   // also what belongs to a living owner
	Images bool   // also the images that we made
}

// Swept counts what a Sweep removed.
type Swept struct {
	Containers, Images, Directories int
}

// Sweep removes what earlier runs left: containers, build directories and the
// programs at work in them, and on request images. Containers that somebody
// else removes at the same time are no error.
func (e *Engine) Sweep(ctx context.Context, which Which) (Swept, error) {
	var s Swept
	var errs []error
	dirs, err := sweepBuilds(which)
	s.Directories = dirs
	errs = append(errs, err)
	list, err := e.docker.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: labelled(labelProject)})
	if err != nil {
		return s, fmt.Errorf("list containers: %w", err)
	}
	var ids []string
	for _, c := range list.Items {
		if which.takes(c.Labels) {
			ids = append(ids, c.ID)
		}
	}
	s.Containers = len(ids)
	errs = append(errs, e.removeThese(ctx, ids))
	if which.Images {
		s.Images, err = e.removeImages(ctx)
		errs = append(errs, err)
	}
	return s, errors.Join(errs...)
}

func (w Which) takes(labels map[string]string) bool {
	owner, err := ownerOf(labels)
	switch {
	case w.Run != "":
		return err == nil && owner.Run == w.Run && labels[labelKept] == ""
	case labels[labelKept] != "":
		return w.Kept
	case w.Living:
		return true
	}
	return err == nil && owner.Gone()
}

// removeThese removes containers at once.
func (e *Engine) removeThese(ctx context.Context, ids []string) error {
	var wg sync.WaitGroup
	errs := make([]error, len(ids))
	for i, id := range ids {
		wg.Go(func() { errs[i] = e.remove(ctx, id) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (e *Engine) remove(ctx context.Context, id string) error {
	_, err := e.docker.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	// A conflict is a removal that is under way already: AutoRemove, or another sweep.
	if err == nil || cerrdefs.IsNotFound(err) || cerrdefs.IsConflict(err) {
		return nil
	}
	return fmt.Errorf("remove container %.12s: %w", id, err)
}

// removeImages removes the images that were made here, and the names here of those that were pulled.
func (e *Engine) removeImages(ctx context.Context) (n int, err error) {
	var errs []error
	for _, filter := range []client.Filters{labelled(labelImage), make(client.Filters).Add("reference", ownNames+"*")} {
		list, err := e.docker.ImageList(ctx, client.ImageListOptions{Filters: filter})
		if err != nil {
			return n, fmt.Errorf("list images: %w", err)
		}
		for _, img := range list.Items {
			if err := e.removeImage(ctx, img); err != nil {
				errs = append(errs, err)
				continue
			}
			n++
		}
	}
	return n, errors.Join(errs...)
}

func (e *Engine) removeImage(ctx context.Context, img image.Summary) error {
	refs := []string{img.ID}
	if img.Labels[labelImage] == "" {
		refs = slices.DeleteFunc(img.RepoTags, func(tag string) bool { return !strings.HasPrefix(tag, ownNames) })
	}
	for _, ref := range refs {
		_, err := e.docker.ImageRemove(ctx, ref, client.ImageRemoveOptions{Force: true, PruneChildren: true})
		if err != nil && !cerrdefs.IsNotFound(err) {
			return fmt.Errorf("remove image %.40s: %w", ref, err)
		}
	}
	return nil
}

// buildDir holds everything that an image build keeps on disk; its name tells whose it is.
func buildDir(o Owner) string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("badgateway-%d-%d-%s", o.PID, o.Start, o.Run))
}

func sweepBuilds(which Which) (int, error) {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), "badgateway-*-*-*"))
	var errs []error
	n := 0
	for _, dir := range dirs {
		var o Owner
		name := filepath.Base(dir)
		if _, err := fmt.Sscanf(name, "badgateway-%d-%d-%s", &o.PID, &o.Start, &o.Run); err != nil {
			continue
		}
		o.Host = thisHost()
		if which.Run != "" && o.Run != which.Run || which.Run == "" && !which.Living && !o.Gone() {
			continue
		}
		n++
		killBuilds(dir)
		errs = append(errs, os.RemoveAll(dir))
	}
	return n, errors.Join(errs...)
}

// Item is one of our containers.
type Item struct {
	ID      string
	Role    string // "proxy" or "sidecar"
	Owner   Owner
	Kept    bool
	Running bool
}

// List lists our containers, of every run.
func (e *Engine) List(ctx context.Context) ([]Item, error) {
	list, err := e.docker.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: labelled(labelProject)})
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	var items []Item
	for _, c := range list.Items {
		owner, err := ownerOf(c.Labels)
		if err != nil {
			return nil, fmt.Errorf("container %.12s: %w", c.ID, err)
		}
		items = append(items, Item{c.ID, c.Labels[labelRole], owner, c.Labels[labelKept] != "", c.State == container.StateRunning})
	}
	return items, nil
}
