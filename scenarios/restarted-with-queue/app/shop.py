"""The shop. A push to its repository ends in a call of /deploy, which has gunicorn's master take the new version in."""
import os
import select
import signal
import time

worker = None  # gunicorn's own, set by its configuration


def deploy():
    """It is noon, and the next customer waits already when the signal goes out."""
    select.select(worker.sockets, [], [], 10)
    os.kill(worker.ppid, signal.Signals["SIG" + os.environ["DEPLOY_SIGNAL"]])
    while worker.alive:
        time.sleep(0.005)


def app(environ, start_response):
    if environ["PATH_INFO"] == "/deploy":
        deploy()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"the shop\n"]
