"""Tickets. A page is quick; an invoice is made by a slow printer's driver."""
import time


def app(environ, start_response):
    if environ["PATH_INFO"].startswith("/invoices"):
        time.sleep(20)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"seats left: 12\n"]
