"""The archive. A search asks an index that is made at night."""


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"found: 3\n"]
