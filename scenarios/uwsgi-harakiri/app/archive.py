"""The archive. A search reads every file of thirty years."""
import time


def application(environ, start_response):
    time.sleep(8)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"found: 3\n"]
