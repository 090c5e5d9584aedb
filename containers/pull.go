package containers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/moby/moby/client"
)

// A registry behind a closed network does not refuse, it is silent: the packets are lost.
const (
	pullPatience = 3 * time.Second  // until the registry says something; then something else is tried beside it
	pullSilence  = 30 * time.Second // between two words of it; then the pull has failed
)

// pull pulls an image. It returns when that is done, or has failed, or the registry has said nothing for a while:
// then the error is errSilent, and the pull's end comes from late.
func (e *Engine) pull(ctx context.Context, ref string) (late <-chan error, err error) {
	said, end := make(chan struct{}), make(chan error, 1)
	go func() { end <- e.pullAll(ctx, ref, said) }()
	select {
	case err := <-end:
		return nil, err
	case <-said:
		return nil, <-end
	case <-time.After(pullPatience):
		return end, errSilent
	}
}

var errSilent = errors.New("no registry answered")

// pullAll pulls an image to the end and closes said at the registry's first word.
func (e *Engine) pullAll(ctx context.Context, ref string, said chan struct{}) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	alarm := time.AfterFunc(pullSilence, cancel)
	defer alarm.Stop()
	res, err := e.docker.ImagePull(ctx, ref, client.ImagePullOptions{})
	if err != nil {
		return pullError(err)
	}
	defer res.Close()
	for message, err := range res.JSONMessages(ctx) {
		if err != nil {
			return pullError(err)
		}
		if message.Error != nil {
			return pullError(message.Error)
		}
		alarm.Reset(pullSilence)
		if said != nil {
			close(said)
			said = nil
		}
		if message.Status != "" {
			e.Statusf("image %s: %s", ref, strings.ToLower(message.Status))
		}
	}
	if ctx.Err() != nil {
		return pullError(ctx.Err())
	}
	return nil
}

// pullError is what a person wants to know of the engine's words about a network that is closed or not there.
func pullError(err error) error {
	if errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "dial tcp") {
		return errSilent
	}
	return fmt.Errorf("pull: %s", oneLine(err))
}
