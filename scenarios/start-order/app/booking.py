"""The booking office. It reads the whole timetable before it can answer anything."""
import time


def timetable():
    time.sleep(0.5)  # as long as a small database takes
    return {"seats": 40}


seats = timetable()["seats"]


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"seats to book: %d\n" % seats]
