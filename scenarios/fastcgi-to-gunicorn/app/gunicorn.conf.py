"""Where the pod says that it is looked for: a port, or a unix socket."""
import os

bind = os.environ["LISTEN"] if ":" in os.environ["LISTEN"] else "unix:" + os.environ["LISTEN"]
