package simulator

import (
	"errors"
	"fmt"
	"io/fs"
)

// maxFile bounds what send_file holds in memory.
const maxFile = 64 << 20

type sendFile string

// SendFile sends a file of Config.Files as it is. It is read when the plan is compiled.
func SendFile(name string) Step { return sendFile(name) }

var _ = registerStep("send_file", "send_file: answer.bin", "sends a file as it is, from where the simulator may read files", argument[sendFile])

func (f sendFile) compile(b *builder) error {
	if b.files == nil {
		return errors.New("send_file: this simulator may not read files (Config.Files)")
	}
	if !fs.ValidPath(string(f)) {
		return fmt.Errorf("send_file: %q is no path below the folder of files", string(f))
	}
	info, err := fs.Stat(b.files, string(f))
	if err != nil {
		return fmt.Errorf("send_file: %w", err)
	}
	if info.Size() > maxFile {
		return fmt.Errorf("send_file: %s has %d bytes; at most %d are sent", string(f), info.Size(), maxFile)
	}
	data, err := fs.ReadFile(b.files, string(f))
	if err != nil {
		return fmt.Errorf("send_file: %w", err)
	}
	b.raw(bytesSegment(data))
	return nil
}
