"""The yearly report, computed at night by another process."""


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"report: 365 days\n"]
