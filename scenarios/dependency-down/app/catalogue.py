"""The library's catalogue. It asks a database, and waits for it when it is not there."""
import logging
import socket
import time

DATABASE = ("127.0.0.1", 5432)
log = logging.getLogger("gunicorn.error")


class OperationalError(Exception):
    """The database cannot be reached."""


def connect():
    try:
        return socket.create_connection(DATABASE, timeout=2)
    except OSError as e:
        host, port = DATABASE
        raise OperationalError(f'connection to server at "{host}", port {port} failed: {e.strerror or e}') from e


def connected():
    while True:
        try:
            return connect()
        except OperationalError as e:
            log.error("OperationalError: %s; trying again", e)
            time.sleep(0.5)


def app(environ, start_response):
    connected().close()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"books: 40712\n"]
