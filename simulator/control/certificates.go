package control

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/badgateway/badgateway/simulator/authority"
)

// ca answers with the certificate of the simulator's own authority.
func (h handler) ca(w http.ResponseWriter, _ *http.Request) {
	data, err := h.srv.CA()
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	writePEM(w, data)
}

// clientCertificate makes a certificate for a client: kind= is one of authority.Kinds, name= its common name.
func (h handler) clientCertificate(w http.ResponseWriter, r *http.Request) {
	a, err := h.srv.Authority()
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	cert, err := a.Issue(authority.Request{
		Kind: authority.Kind(r.FormValue("kind")), Client: true, Names: []string{orString(r.FormValue("name"), "client.test")},
	})
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	chain, key, err := authority.Encode(cert)
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	writePEM(w, append(chain, key...))
}

func writePEM(w http.ResponseWriter, data []byte) {
	w.Header().Set("Content-Type", "application/x-pem-file")
	_, _ = w.Write(data)
}

// CA is the certificate that a peer must trust, in PEM.
func (c *Client) CA(ctx context.Context) ([]byte, error) {
	var data []byte
	if err := c.call(ctx, http.MethodGet, "/v1/ca", nil, nil, &data); err != nil {
		return nil, fmt.Errorf("get the authority's certificate: %w", err)
	}
	return data, nil
}

// ClientCertificate is a new certificate for a client with its key, in PEM: both nginx's proxy_ssl_certificate and
// proxy_ssl_certificate_key can name a file with this content.
func (c *Client) ClientCertificate(ctx context.Context, kind authority.Kind, name string) ([]byte, error) {
	var data []byte
	query := url.Values{"kind": {string(kind)}, "name": {name}}
	if err := c.call(ctx, http.MethodGet, "/v1/client-certificate", query, nil, &data); err != nil {
		return nil, fmt.Errorf("get a client's certificate: %w", err)
	}
	return data, nil
}
