// Package live collects the evidence of a running proxy: its log, its configuration,
// facts of its host and, if asked to, direct probes of its backends.
package live

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/host"
	"github.com/badgateway/badgateway/diagnoser/probe"
)

// Options say where the proxy is and what of it to look at.
type Options struct {
	Logs []LogSource
	// ConfigPath is the main configuration file; "" means /etc/nginx/nginx.conf.
	ConfigPath string
	// Root is the proxy's file system: "/proc/PID/root" of the proxy from beside its container; "" means "/".
	// Log, configuration and unix sockets are found below it.
	Root string
	// Proc is where procfs of the proxy's PID namespace is mounted; "" means "/proc".
	Proc string
	// Ignore lists socket inodes of the observer's own listeners.
	Ignore []uint64
	// Probe allows direct requests to backends: GET and HEAD only.
	Probe bool
	// Version is the proxy's, "" when it is not known.
	Version string
}

// Collect reads the logs and the configuration, then the facts of the host that they make
// worth knowing, then asks the backends. The evidence is as complete as could be, even with
// an error: that one names each log and configuration file that could not be read. What
// else could not be read is said in Host.Unread.
func Collect(ctx context.Context, opts Options) (evidence.Evidence, error) {
	if opts.ConfigPath == "" {
		opts.ConfigPath = "/etc/nginx/nginx.conf"
	}
	ev := evidence.Evidence{Proxy: evidence.Proxy{Kind: "nginx", Version: opts.Version}}
	var configErr error
	ev.Config, configErr = ReadConfig(opts.Root, opts.ConfigPath)
	logs, logErr := openLogs(opts.Root, append(slices.Clip(opts.Logs), accessLogs(opts.Root, ev.Config, opts.Logs)...))
	err := errors.Join(logErr, configErr)

	ev.Logs = logs.evidence()
	reading, readErr := diagnoser.Read(ctx, ev)
	if readErr != nil {
		err = errors.Join(err, fmt.Errorf("read log %w", readErr))
	}
	ev.Logs = logs.evidence() // the reading used the first up
	ev.Host = host.Collect(ctx, host.Options{Root: opts.Root, Proc: opts.Proc, Ignore: opts.Ignore}, reading.AskHost())
	if opts.Probe {
		ev.Host.Names = append(ev.Host.Names, probe.AskNames(ctx, reading.AskNames(ev.Host))...)
		ev.Probes = probe.AskAll(ctx, reading.AskBackends(ev.Host), probe.Options{Root: opts.Root})
	}
	return ev, errors.Join(err, ctx.Err())
}
