package diagnoser

var _ = register(rule{
	cause: "sslproxyengine-off",
	doc: Doc{
		What:    "Apache is to pass requests to an https:// backend, and SSLProxyEngine is not on in that virtual host: it answers 500 without having connected.",
		Confirm: "The log says: SSL Proxy requested for NAME but not enabled (AH01961); grep SSLProxyEngine in the virtual host.",
		Mends:   "SSLProxyEngine on in the virtual host, with mod_ssl loaded.",
		Hides:   "http:// to a plain port of the backend sends everything in the clear.",
		Source:  "ssl_engine_init, mod_ssl; mod_proxy_http proxy_http_handler (AH01961, AH00961)",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Signature != "tls proxy off" {
			return nil
		}
		return &opinion{certainty: Likely, weight: 2, check: "grep -rn SSLProxyEngine /etc/apache2 /etc/httpd"}
	},
})
