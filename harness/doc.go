// Package harness joins the simulator, the diagnoser and the containers: the drill engine, the
// sidecar, the suites and the command stand below it.
package harness
