package main

import (
	"cmp"
	"errors"
	"os/exec"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/harness/apply"
)

// applyOptions choose the commands, and what to watch; a nil Watch is none.
func (f *diagnoseFlags) applyOptions(pick chosen, ev evidence.Evidence, logs []string, say func(string, string, ...any)) (apply.Options, *apply.Watch, error) {
	o := apply.Options{Root: f.live.root, InPlace: f.apply.inPlace, Say: say}
	if err := f.applyCommands(&o, pick.remedy.Commands, ev); err != nil {
		return o, nil, err
	}
	if f.apply.watch <= 0 {
		return o, nil, nil
	}
	w := &apply.Watch{For: f.apply.watch, Logs: logs, Proxy: ev.Proxy, Finding: *pick.finding, URL: f.apply.url, Say: say}
	if f.apply.reload == "" {
		w.Root = cmp.Or(f.live.root, "/") // else only the user's command knows where the proxy is
	}
	for _, file := range ev.Config {
		if after, err := apply.Edited(file, pick.remedy.Edits); err == nil {
			file.Text = after
		}
		w.Config = append(w.Config, file)
	}
	for _, e := range pick.remedy.Edits {
		w.New = append(w.New, e.New)
	}
	o.Watch = w.Run
	return o, w, nil
}

// applyCommands are those that the user gave, else those of the remedy, with the program that was given.
func (f *diagnoseFlags) applyCommands(o *apply.Options, commands []string, ev evidence.Evidence) error {
	test, reload := f.apply.test, f.apply.reload
	if f.live.root != "" && (test == "" || reload == "") {
		return f.rootCommands(o, ev.Config[0].Path)
	}
	if len(commands) == 2 {
		test, reload = cmp.Or(test, f.nginxCommand(commands[0], ev)), cmp.Or(reload, f.nginxCommand(commands[1], ev))
	}
	if test == "" || reload == "" {
		return errors.New("how this proxy tests and loads a configuration is not known: give --test-command and --reload-command")
	}
	if f.apply.test == "" && strings.HasPrefix(commands[0], "nginx ") {
		if _, err := exec.LookPath(f.apply.nginx); err != nil {
			return environment(errors.New(f.apply.nginx + ": no such program here; give --nginx, or --test-command and --reload-command"))
		}
	}
	o.Test, o.Reload = apply.Shell(test), apply.Shell(reload)
	return nil
}

// nginxCommand puts in the program, and the main file where it is not the one that nginx takes by itself.
func (f *diagnoseFlags) nginxCommand(line string, ev evidence.Evidence) string {
	rest, ok := strings.CutPrefix(line, "nginx ")
	if !ok {
		return line
	}
	line = quote(f.apply.nginx) + " " + rest
	if main := ev.Config[0].Path; main != "/etc/nginx/nginx.conf" {
		line += " -c " + quote(main)
	}
	return line
}

// quote makes one word for the shell.
func quote(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/", r)
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// rootCommands run the program of the nginx that lives in another root, and signal its own master: the PID
// that its file names is of another namespace.
func (f *diagnoseFlags) rootCommands(o *apply.Options, main string) error {
	pid, program, err := apply.Master("/proc", f.live.root)
	if err != nil {
		return err
	}
	o.Test, o.Reload = apply.Chroot(f.live.root, program, "-t", "-q", "-c", main), apply.Signal(pid)
	if f.apply.test != "" {
		o.Test = apply.Shell(f.apply.test)
	}
	if f.apply.reload != "" {
		o.Reload = apply.Shell(f.apply.reload)
	}
	return nil
}
