"""The library. Shelves are looked through in a moment, the catalogue takes longer."""
import time

SECONDS = {"/shelf": 0.15, "/catalogue": 0.4}
worker = None  # gunicorn's own, set by its configuration


def app(environ, start_response):
    if environ["PATH_INFO"] == "/morning":
        worker.nr = 0  # stands for a worker that has just begun: its requests are counted from here
    time.sleep(SECONDS.get(environ["PATH_INFO"], 0))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"lent\n"]
