"""The music school's timetable."""


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"next lesson: cello\n"]
