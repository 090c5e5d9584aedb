package diagnoser

// docsOf are the docs of causes that no rule judges: what is no failure of an upstream is passed over in
// silence, and explained to whoever asks.
var docsOf = map[string]Doc{
	"access-forbidden": {"A rule of the proxy refuses the request: 403.", "The log says access forbidden by rule; grep deny in the configuration.", "The rule, if it is wrong.", "Another address of the client.", "ngx_http_access_found"},
	"apache-child-crash": {"A child of Apache itself ended on a signal; its clients lose their connection.", "AH00052 in the error log; a core dump.",
		"A newer httpd or module.", "The parent starts a new child at once.", "httpd, mpm_common.c ap_process_child_status"},
	"client-bad-request":      {"The client's request is malformed: 400.", "The log names the client and no upstream.", "The client.", "Nothing on the proxy's side.", "ngx_http_process_request_line"},
	"client-closed":           {"The client, or a proxy in front, went away before the answer: 499 in the access log.", "The request's time is constant where a proxy in front has a shorter timeout.", "A faster answer; timeouts that grow towards the client.", "proxy_ignore_client_abort on: the backend finishes for nobody.", "ngx_http_upstream_check_broken_connection"},
	"client-proxy-protocol":   {"A client does not begin with the PROXY header that listen … proxy_protocol demands.", "The log says broken header while reading PROXY protocol.", "The load balancer in front sends the header, or listen without it.", "A second listener.", "ngx_proxy_protocol_read"},
	"client-timeout":          {"The client sent too slowly: 408.", "The log says client timed out.", "client_header_timeout and client_body_timeout for slow clients.", "Nothing.", "ngx_http_core_module, client_body_timeout"},
	"client-tls-noise":        {"A client's TLS handshake failed: a scanner, an old client. No upstream takes part.", "The line has a client and no upstream.", "Nothing needs mending.", "A quieter error_log level.", "ngx_ssl_handshake"},
	"content-length-mismatch": {"The backend sent more than its Content-Length says. nginx warns, cuts it off and serves the client.", "curl -v past the proxy: excess found.", "The application's length.", "proxy_buffering changes nothing.", "ngx_http_upstream_non_buffered_filter, ngx_event_pipe_copy_input_filter"},
	"fd-leak-plugin":          {"A module of the proxy leaks descriptors until accept() fails (24).", "ls -l /proc/PID/fd grows while the connections do not.", "A newer module, or none.", "A reload: the new workers begin at zero.", "accept(2), EMFILE"},
	"file-not-found-noise":    {"A file of the site is missing: 404. No upstream takes part.", "The path in open() … failed (2).", "The file, or log_not_found off.", "Nothing.", "ngx_http_static_handler"},
	"listen-port-in-use":      {"Another process has the port on which the proxy is to listen.", "ss -ltnp for the port in bind() … failed (98).", "Stop the other, or another port.", "Restarting until one wins.", "bind(2), EADDRINUSE"},
	"local-response":          {"The proxy answered by itself, as its configuration says: statistics, a redirect, a maintenance page.", "HAProxy: LR in the termination state; nginx: return in the configuration.", "Nothing needs mending.", "Nothing.", "HAProxy configuration manual, 8.5"},
	"missing-proxy-location":  {"The path is not passed to the backend: the proxy looks for a file.", "open() … failed (2) with a path of the application.", "A location for it with the pass.", "try_files, if it falls through to the wrong place.", "ngx_http_static_handler"},
	"ocsp-stapling-noise":     {"The proxy could not fetch the status of its own certificate. Clients are served.", "The line says while requesting certificate status.", "A resolver and a way out to the authority, or ssl_stapling off.", "Nothing.", "ngx_ssl_ocsp_error"},
	"proxy-worker-limit":      {"Apache has all its workers busy: MaxRequestWorkers is reached and new clients wait.", "The log says server reached MaxRequestWorkers; mod_status.", "Find what keeps them busy; more workers where memory bears them.", "A longer queue.", "httpd, MaxRequestWorkers"},
	"scanner-noise":           {"Scanners ask for what the site never had.", "The paths are those of other software.", "Nothing needs mending.", "Blocking single addresses.", "ngx_http_static_handler"},
	"stats-favicon-noise":     {"A browser asks HAProxy's statistics page for an icon; the page has no server: 503 SC.", "The request is /favicon.ico at the statistics port.", "Nothing needs mending.", "Nothing.", "HAProxy configuration manual, stats enable"},
	"temp-file-buffering":     {"The response did not fit into memory buffers and went through a temporary file: a warning, the client is served.", "The line says buffered to a temporary file.", "Larger proxy_buffers where disk is slow.", "error_log … error.", "ngx_event_pipe_write_chain_to_temp_file"},
	"waf-block":               {"A web application firewall in the proxy refused the request: 403.", "Its own line in the log names the rule.", "The rule, if the request is right.", "Switching the firewall off.", "the module's documentation"},
}

// docOf returns the docs of a cause: those of its rule, or of the list for causes without one.
func docOf(cause string) Doc {
	if r, ok := rules[cause]; ok {
		return r.doc
	}
	return docsOf[cause]
}
