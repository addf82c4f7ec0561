"""What the senders in Python share: one request a line on stdin, one answer a line on stdout (see each.mjs)."""

import gzip
import json
import sys

PIECE = 16 * 1024


def each(send):
    for line in sys.stdin.buffer:
        try:
            answer = send(json.loads(line))
        except Exception as error:  # whatever a client makes of a connection that ends
            answer = {"error": repr(error)}
        print(json.dumps(answer), flush=True)


def headers_of(request):
    headers = {name: value.encode() for name, value in request["headers"].items()}
    if request["how"] == "gzip":
        headers["Content-Encoding"] = b"gzip"
    if request["how"] != "json":
        headers["Content-Type"] = b"application/json"
    return headers


def body_of(request):
    """The body, unless the client writes it itself."""
    body = request["body"].encode()
    if request["how"] == "gzip":
        return gzip.compress(body)
    return (body[at : at + PIECE] for at in range(0, len(body), PIECE))
