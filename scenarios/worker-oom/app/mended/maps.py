"""Map tiles. A large one is rendered strip by strip."""


def app(environ, start_response):
    if environ["PATH_INFO"].startswith("/tile/large"):
        strip = bytearray(1 << 20)
        for _ in range(160):
            for page in range(0, len(strip), 4096):
                strip[page] = 1
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"a tile\n"]
