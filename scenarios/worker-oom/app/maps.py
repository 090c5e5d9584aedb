"""Map tiles. A large one is rendered in memory."""


def app(environ, start_response):
    if environ["PATH_INFO"].startswith("/tile/large"):
        picture = bytearray(160 << 20)
        for page in range(0, len(picture), 4096):
            picture[page] = 1
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"a tile\n"]
