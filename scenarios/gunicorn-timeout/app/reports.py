"""The yearly report, computed while the browser waits."""
import ctypes

# Stands for a library in C that draws the charts: until it returns, Python looks at no signal.
chart = ctypes.CDLL(None)


def app(environ, start_response):
    chart.system(b"sleep 8")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"report: 365 days\n"]
