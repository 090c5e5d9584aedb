package sidecar

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/badgateway/badgateway/simulator/authority"
)

// TrustDir is where the proxy finds what it needs to trust an upstream that speaks TLS: NAME-ca.pem, and a
// certificate of its own in NAME-client.pem and NAME-client.key, which that upstream accepts.
const TrustDir = "/etc/nginx/tls"

// writeTrust puts an upstream's authority, and a client's certificate by it, into the proxy's file system.
func (s *Server) writeTrust(name string, u *upstream) error {
	a, err := u.Authority()
	if err != nil {
		return err
	}
	client, err := a.Issue(authority.Request{Names: []string{"proxy.test"}, Client: true})
	if err != nil {
		return err
	}
	chain, key, err := authority.Encode(client)
	if err != nil {
		return err
	}
	dir := s.path(TrustDir)
	err = errors.Join(os.MkdirAll(dir, 0o755),
		os.WriteFile(filepath.Join(dir, name+"-ca.pem"), a.PEM(), 0o644),
		os.WriteFile(filepath.Join(dir, name+"-client.pem"), chain, 0o644),
		os.WriteFile(filepath.Join(dir, name+"-client.key"), key, 0o600))
	if err != nil {
		return fmt.Errorf("write what the proxy needs for TLS: %w", err)
	}
	return nil
}
