package evidence

import "time"

// Words for what a backend, its supervisor or the kernel said of itself.
const (
	PoolExhausted  = "pool exhausted"  // every worker is busy, and no more may be started
	PoolBusy       = "pool busy"       // few idle workers are left
	QueueFull      = "queue full"      // connections wait in the listen queue, or are dropped from it
	WorkerTimeout  = "worker timeout"  // a worker was ended because its request took too long
	WorkerCrashed  = "worker crashed"  // by a signal that is an error of the program: SIGSEGV, SIGABRT, SIGBUS
	WorkerKilled   = "worker killed"   // by SIGKILL, whoever sent it
	WorkerExited   = "worker exited"   // by itself, or as it was told to
	OutOfMemory    = "out of memory"   // the kernel or a runtime ended a process for memory
	SlowRequest    = "slow request"    // a request took longer than is thought good
	ClientDenied   = "client denied"   // the proxy's address may not connect
	RequestRefused = "request refused" // the request does not fit a buffer or the protocol
	Started        = "started"         // ready to take connections
	StartFailed    = "start failed"    // never ready: port in use, wrong user, failing code
	Stopped        = "stopped"         // as it was told to
	Reloading      = "reloading"       // restarts without an end of the service
	SocketOwner    = "socket owner"    // owner or mode of the unix socket is not the configured one
	Unhandled      = "unhandled error" // an exception that nothing caught
	PacketsDropped = "packets dropped" // by the kernel, before the backend saw them
)

// BackendEvent is one line of the log of a backend, of its supervisor or of the kernel. It is no
// failure of the proxy, and says why one came. Fields that the line does not show are zero.
type BackendEvent struct {
	Server string `json:"server"` // who wrote it: "php-fpm", "gunicorn", "uwsgi", "node", "kernel", "systemd"
	What   string `json:"what"`   // one of the words above
	// PID is the process that the line speaks of, not the one that wrote it.
	PID    int       `json:"pid,omitempty"`
	Name   string    `json:"name,omitempty"` // the pool, the unit, or the process's name
	Signal int       `json:"signal,omitempty"`
	Time   time.Time `json:"time,omitzero"` // UTC where the line names no zone
	Text   string    `json:"text"`
	Log    string    `json:"log,omitempty"`
	Line   int64     `json:"line,omitempty"` // from 1
}
