// Package drill is the engine: it runs one scenario with a proxy of its own, from the
// fault to the proof that the diagnoser's own remedy works. The command and the
// suites call the same code; what does not match is returned, never asserted.
package drill

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/badgateway/badgateway/containers"
	"github.com/badgateway/badgateway/containers/backends"
	"github.com/badgateway/badgateway/containers/nginx"
	"github.com/badgateway/badgateway/harness/scenario"
)

// lease is how long a pod outlives its owner's last sign of life; it is renewed three times as often.
const lease = 20 * time.Second

// Options says which proxy the drills run against.
type Options struct {
	Catalogue *scenario.Catalogue
	Versions  []string         // of nginx; empty is the newest
	Image     string           // the user's own image instead; Versions is then empty
	Drills    []scenario.Drill // those that will be run: their images are made sure of; nil for all of the catalogue
	Keep      bool             // leave the pods for a person, after the symptom
	// Early has Setup return when the first proxy's image is there. The others are being got then, until ctx ends or the
	// environment is closed: Await says when the drill of a job can be started.
	Early bool
	// Logf receives what was done, a line at a time, and Statusf what is being done, which the next words replace; either may be nil.
	Logf, Statusf func(format string, args ...any)
}

// Environment is all that drills share: the Docker Engine and images. The references of images are fixed from the start;
// whether what they name is there yet, Ready and Await say.
type Environment struct {
	Catalogue *scenario.Catalogue
	Proxies   []Proxy
	Backends  map[string]string // references of the images of real backends, by kind
	Keep      bool
	images    images
	engine    *containers.Engine
	sidecar   string
	pool      pool
	pace      pace
}

// Proxy is one image to run drills against.
type Proxy struct {
	Kind    string // "nginx"
	Version string // "1.30"; for a user's image its reference
	Image   string // its reference
}

// Setup connects to Docker, sweeps what dead runs left, and gets the images, see Options.Early.
// The error wraps containers.ErrUnavailable when there is no Docker.
func Setup(ctx context.Context, o Options) (*Environment, error) {
	engine, err := connect(ctx, o.Logf)
	if err != nil {
		return nil, err
	}
	if o.Statusf != nil {
		engine.Statusf = o.Statusf
	}
	env := &Environment{Catalogue: o.Catalogue, Keep: o.Keep, engine: engine}
	if err := env.prepare(ctx, o); err != nil {
		return nil, errors.Join(err, env.Close())
	}
	return env, nil
}

func connect(ctx context.Context, logf func(string, ...any)) (*containers.Engine, error) {
	owner, err := containers.Self()
	if err != nil {
		return nil, err
	}
	engine, err := containers.Connect(ctx, owner)
	if err == nil && logf != nil {
		engine.Logf = logf
	}
	return engine, err
}

func (env *Environment) prepare(ctx context.Context, o Options) error {
	program, err := Program(ctx)
	if err != nil {
		return err
	}
	if err := env.engine.Guard(program); err != nil {
		return err
	}
	if err := env.getImages(ctx, o); err != nil {
		return err
	}
	if _, err := env.engine.Sweep(ctx, containers.Which{}); err != nil {
		return err
	}
	if env.sidecar, err = env.engine.EnsureSidecar(ctx, program); err != nil {
		return err
	}
	if o.Early {
		return env.images.await(ctx, env.Proxies[0].Image)
	}
	return env.images.awaitAll(ctx)
}

// getImages begins to get what is not there, the first proxy's image before all others.
func (env *Environment) getImages(ctx context.Context, o Options) error {
	ctx, env.images.cancel = context.WithCancel(ctx)
	if err := env.proxies(ctx, o); err != nil {
		return err
	}
	return env.realBackends(ctx, o)
}

func (env *Environment) proxies(ctx context.Context, o Options) error {
	if o.Image != "" {
		p := env.engine.Get(ctx, containers.Image{Public: o.Image})
		env.images.add(p)
		env.Proxies = []Proxy{{"nginx", o.Image, p.Ref}}
		return nil
	}
	versions := o.Versions
	if len(versions) == 0 {
		versions = []string{nginx.Newest()}
	}
	for _, v := range versions {
		image, err := nginx.Image(v)
		if err != nil {
			return err
		}
		p := env.engine.Get(ctx, image)
		env.images.add(p)
		env.Proxies = append(env.Proxies, Proxy{"nginx", v, p.Ref})
	}
	return nil
}

func (env *Environment) realBackends(ctx context.Context, o Options) error {
	drills := o.Drills
	if drills == nil && o.Catalogue != nil {
		drills = o.Catalogue.Drills()
	}
	kinds := scenario.Backends(drills)
	all := make([]containers.Image, len(kinds))
	for i, kind := range kinds {
		var err error
		if all[i], err = backends.Image(kind); err != nil {
			return err
		}
	}
	env.Backends = map[string]string{}
	for i, p := range env.engine.GetAll(ctx, all...) {
		env.images.add(p)
		env.Backends[kinds[i]] = p.Ref
	}
	return nil
}

// Close waits until nothing of this run is left, but what is kept on purpose. It ends the work on images.
func (env *Environment) Close() error {
	env.images.close()
	if err := errors.Join(env.pool.close(context.Background()), env.engine.Close()); err != nil {
		return fmt.Errorf("clean up: %w", err)
	}
	return nil
}
