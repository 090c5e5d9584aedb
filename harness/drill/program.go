package drill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// ProgramVariable names the environment variable with the path of the badgateway
// command, for programs that are not the command themselves, such as test binaries.
const ProgramVariable = "BADGATEWAY_PROGRAM"

// Program returns the path of the badgateway command, which is the sidecar and
// the guard of a run as well: the running program, if it is the command, or what ProgramVariable names.
func Program(ctx context.Context) (string, error) {
	if path := os.Getenv(ProgramVariable); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("%s: %w", ProgramVariable, err)
		}
		return filepath.Abs(path)
	}
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find own program: %w", err)
	}
	if IsCommand {
		return self, nil
	}
	return build(ctx)
}

// IsCommand is set by the badgateway command's main.
var IsCommand bool

// build compiles the command from the module that the caller runs in.
func build(ctx context.Context) (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("build the badgateway command: %w", err)
	}
	path := filepath.Join(dir, "badgateway", "badgateway")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", path, "github.com/badgateway/badgateway/harness/cmd/badgateway")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("build the badgateway command: %w", err), errors.New(string(out)))
	}
	return path, nil
}
