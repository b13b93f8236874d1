"""The app on a port, for what speaks HTTP by itself."""

import contextlib
import threading

from werkzeug.serving import WSGIRequestHandler, make_server


class Handler(WSGIRequestHandler):
    """Serves without a word, many requests a connection."""

    protocol_version = "HTTP/1.1"

    def log(self, *_):
        pass


@contextlib.contextmanager
def served(app):
    """Serve an app while the block lasts; gives its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
