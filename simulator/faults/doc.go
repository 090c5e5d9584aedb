// Package faults names what upstreams do wrong. Each fault is a function that
// returns a plan, such as ResetInHeader, and a registered Fault that says which
// cause it reproduces, over which protocols and transports it exists, what a
// proxy needs for it to show, and what each version of nginx answers to it. The answers were
// measured: a suite drives every fault through every version and compares.
//
//	plan := faults.ResetInHeader()
//	srv, err := simulator.New(simulator.Config{Listen: "tcp:127.0.0.1:0", Plan: plan})
//
// By name, as a program takes them from its user:
//
//	fault, err := faults.Lookup("reset-in-header")
//	config, err := fault.Config(faults.Place{Protocol: faults.HTTP, Transport: faults.TCP}, "tcp:127.0.0.1:0")
//	srv, err := simulator.New(config)
package faults
