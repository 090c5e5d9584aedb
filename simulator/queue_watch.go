package simulator

import (
	"net"

	"golang.org/x/sys/unix"
)

// queueWatch asks for a listener's queue again and again: of a unix socket with one socket of
// SOCK_DIAG.
type queueWatch struct {
	l        net.Listener
	question []byte // of a unix socket
	fd       int    // of SOCK_DIAG; -1 while there is none
}

func (w *queueWatch) ask() (q Queue, err error) {
	if _, ok := w.l.(*net.TCPListener); ok {
		return queueOf(w.l)
	}
	if w.question == nil {
		err = control(w.l, func(fd int) error {
			ino, err := inodeOf(fd)
			w.question = unixDiagRequest(ino, udiagShowLengths)
			return err
		})
	}
	if err == nil && w.fd < 0 {
		w.fd, err = openDiag()
	}
	if err == nil {
		err = ask(w.fd, w.question, 0, q.fromUnix)
	}
	if err != nil {
		w.close() // an answer may still come, and would be taken for that to the next question
	}
	return q, err
}

func (w *queueWatch) close() {
	if w.fd >= 0 {
		_ = unix.Close(w.fd)
	}
	w.fd, w.question = -1, nil
}
