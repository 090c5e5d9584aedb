// Package scenarios holds the catalogue as data, so that the command carries it.
package scenarios

import "embed"

// FS holds one folder per scenario.
//
//go:embed */*.yaml */*.conf */*.md */app
var FS embed.FS
