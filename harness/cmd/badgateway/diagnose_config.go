package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/apache"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/haproxy"
	"github.com/badgateway/badgateway/diagnoser/host/rootfs"
	"github.com/badgateway/badgateway/diagnoser/live"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// report diagnoses the logs; where there is none, or with --checks, the configuration is checked.
// Facts of the host and direct probes, where they are asked for, are put into the evidence.
func (f *diagnoseFlags) report(ctx context.Context, ev *evidence.Evidence) (*diagnoser.Report, error) {
	debug.SetMemoryLimit(diagnoser.MemoryLimit)
	r, err := diagnoser.Read(ctx, *ev)
	if err != nil {
		return nil, err
	}
	if facts := f.facts(); facts != nil && ev.Host == nil && ev.Probes == nil {
		ev.Host, ev.Probes = facts(ctx, r)
	}
	switch {
	case len(ev.Logs) == 0 && f.config == "":
		return nil, errors.New("--live found neither a log nor a configuration to look at; name them")
	case len(ev.Logs) == 0 && ev.Proxy.Kind != "nginx":
		return nil, fmt.Errorf("%s: is a configuration of %s, which says something beside a log only; give its log too", f.config, ev.Proxy.Kind)
	case len(ev.Logs) == 0:
		return r.Check(ev.Host, ev.Probes), nil
	case f.checks:
		return r.Diagnose(ev.Host, ev.Probes).With(r.Check(ev.Host, ev.Probes)), nil
	}
	return r.Diagnose(ev.Host, ev.Probes), nil
}

// readConfig reads the configuration and finds out whose it is. The doubt is a part of it that could not be read, or does not parse:
// the diagnosis goes on, since what people paste is seldom whole.
func (f *diagnoseFlags) readConfig(in io.Reader, ev *evidence.Evidence) (doubt, err error) {
	if f.config == "" {
		return nil, nil
	}
	whole, err := f.mainFile(in)
	if err != nil {
		return nil, err
	}
	ev.Config = []evidence.File{whole}
	ev.Proxy.Kind = cmp.Or(f.proxy, diagnoser.ConfigKind(whole.Text))
	switch ev.Proxy.Kind {
	case "apache":
		ev.Config = withIncludes(whole)
		_, doubt = apache.ParseConfig(ev.Config)
		return doubt, nil
	case "haproxy":
		_, doubt = haproxy.ParseConfig(ev.Config)
		return doubt, nil
	}
	if f.config != "-" && !isDump([]byte(whole.Text)) {
		var files []evidence.File
		if files, doubt = live.ReadConfig(f.live.root, whole.Path); len(files) > 0 {
			ev.Config = files
		}
	}
	if _, err := nginx.ParseConfig(ev.Config); err != nil {
		return err, nil
	}
	return doubt, nil
}

// mainFile reads what --config names.
func (f *diagnoseFlags) mainFile(in io.Reader) (evidence.File, error) {
	if f.config == "-" {
		text, err := io.ReadAll(in)
		return evidence.File{Path: "stdin", Text: string(text)}, err
	}
	if f.live.root != "" {
		text, err := rootfs.ReadFile(f.live.root, f.config)
		return evidence.File{Path: f.config, Text: string(text)}, plain(f.config, err)
	}
	if info, err := os.Stat(f.config); err == nil && info.IsDir() {
		return evidence.File{}, fmt.Errorf("%s: is a directory; want its main file, such as %s/nginx.conf", f.config, f.config)
	}
	path, err := filepath.Abs(f.config)
	if err != nil {
		return evidence.File{}, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return evidence.File{}, plain(f.config, err)
	}
	return evidence.File{Path: path, Text: string(text)}, nil
}

// isDump recognizes the output of nginx -T, which holds all files.
func isDump(text []byte) bool {
	const mark = "# configuration file "
	return bytes.HasPrefix(text, []byte(mark)) || bytes.Contains(text, []byte("\n"+mark))
}

// includedMax bounds the files that httpd's configuration includes.
const includedMax = 1000

// withIncludes reads what httpd's main file includes, relative to ServerRoot or, as Debian
// has it, to the main file's folder. What cannot be read is left out.
func withIncludes(whole evidence.File) []evidence.File {
	files := []evidence.File{whole}
	root := filepath.Dir(whole.Path)
	for i := 0; i < len(files) && len(files) < includedMax; i++ {
		c, err := apache.ParseConfig(files[i : i+1])
		if err != nil {
			continue
		}
		for _, d := range c.Lines {
			if d.Is("ServerRoot") && filepath.IsAbs(d.Arg(0)) {
				root = d.Arg(0)
			}
			if !d.Is("Include") && !d.Is("IncludeOptional") {
				continue
			}
			pattern := d.Arg(0)
			if !filepath.IsAbs(pattern) {
				pattern = filepath.Join(root, pattern)
			}
			found, _ := filepath.Glob(pattern)
			for _, path := range found {
				text, err := os.ReadFile(path)
				if err == nil && !slices.ContainsFunc(files, func(f evidence.File) bool { return f.Path == path }) {
					files = append(files, evidence.File{Path: path, Text: string(text)})
				}
			}
		}
	}
	return files
}
