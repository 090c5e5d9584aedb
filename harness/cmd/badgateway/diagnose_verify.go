package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/harness/drill"
	"github.com/badgateway/badgateway/harness/verify"
)

type verifyFlags struct {
	on    bool
	image string
}

func (f *diagnoseFlags) verifyFlags(c *cobra.Command) {
	c.Flags().BoolVar(&f.verify.on, "verify", false, "try the edit before anybody applies it: make the trouble in a pod with this configuration, without the edit and with it (needs Docker)")
	c.Flags().StringVar(&f.verify.image, "image", "", "with --verify: the nginx image that you deploy; without it one of the proxy's version, or the newest")
}

func (f *diagnoseFlags) checkVerify() error {
	switch {
	case !f.verify.on && f.verify.image != "":
		return errors.New("--image goes with --verify")
	case f.verify.on && f.follow.on:
		return errors.New("--verify needs a diagnosis that ends; not with --follow")
	case f.verify.on && f.config == "" && !f.live.on:
		return errors.New("--verify needs --config with the proxy's main file, or --live")
	}
	return nil
}

// verifyRemedy tries the edit that --apply would take, mitigations too, and notes in the report what came of it.
// It answers whether the edit failed.
func (f *diagnoseFlags) verifyRemedy(c *cobra.Command, report *diagnoser.Report, ev evidence.Evidence) (failed bool, err error) {
	if !f.verify.on || len(report.Findings) == 0 {
		return false, nil
	}
	a := f.apply
	a.mitigation = a.mitigation || !a.on
	pick, err := a.choose(report)
	if err != nil {
		fmt.Fprintf(c.ErrOrStderr(), "badgateway: nothing to verify: %v\n", err)
		return false, nil
	}
	if ev.Proxy.Kind != "" && ev.Proxy.Kind != "nginx" {
		pick.remedy.Proof = "not verifiable: the pods run nginx, this is a configuration of " + ev.Proxy.Kind
		return false, nil
	}
	p := newProgress(c.ErrOrStderr())
	env, err := setup(c.Context(), drill.Options{
		Versions: []string{verify.Version(ev.Proxy.Version)}, Image: f.verify.image, Logf: p.say, Statusf: p.line,
	})
	p.done()
	if err != nil {
		return false, err
	}
	defer env.Close()
	verdict, err := verify.Try(c.Context(), env, *pick.finding, *pick.remedy, ev.Config)
	if err != nil {
		return false, err
	}
	pick.remedy.Verified, pick.remedy.Proof = verdict.Verified, verdict.Proof
	return verdict.Verified != nil && !*verdict.Verified, nil
}
