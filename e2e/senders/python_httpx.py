"""HTTPX, of PyPI."""

import json

import httpx
from each import body_of, each, headers_of

client = httpx.Client()


def send(request):
    is_json = request["how"] == "json"
    answer = client.post(
        request["url"],
        params=[tuple(pair) for pair in request["query"]],
        headers=headers_of(request),
        auth=(request["user"], request["password"]),
        **({"json": json.loads(request["body"])} if is_json else {"content": body_of(request)}),
    )
    return {"status": answer.status_code, "headers": dict(answer.headers), "body": answer.text}


each(send)
