"""The sockets: a port, and where there is a directory for it a unix socket, too."""
import os

bind = ["127.0.0.1:8000"]
if os.path.isdir("/run/app"):
    bind.append("unix:/run/app/gunicorn.sock")


def post_worker_init(worker):
    import library  # found only once gunicorn has changed to its directory

    library.worker = worker
