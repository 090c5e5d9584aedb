"""The library. Four readers look through the shelves at a time; the catalogue is read by whoever closes up."""
import select
import socket
import threading

worker = None  # gunicorn's own, set by its configuration
readers = threading.Barrier(4)


def shelf():
    """The four are there together, on four connections."""
    try:
        readers.wait(2)
    except threading.BrokenBarrierError:
        readers.reset()


def catalogue():
    """The last request of a worker that leaves takes until the next loan lies in a connection that it has kept."""
    while worker.poller.get_map() is not None:
        knock()
    select.select([c.sock for c in worker._keep], [], [], 5)


def knock():
    """Somebody else connects, and has the worker look up from its waiting."""
    with socket.create_connection(("127.0.0.1", 8000)) as guest:
        guest.settimeout(0.01)
        try:
            guest.recv(1)
        except OSError:
            pass


def app(environ, start_response):
    path, threaded = environ["PATH_INFO"], hasattr(worker, "poller")
    if path == "/morning":
        worker.nr = 0  # stands for a worker that has just begun: its requests are counted from here
    elif path == "/shelf" and threaded:
        shelf()
    elif path == "/catalogue" and threaded and not worker.alive:
        catalogue()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"lent\n"]
