"""The shop: one WSGI application."""


def app(environ, start_response):
    body = b"the shop\n"
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
