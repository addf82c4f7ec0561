"""Requests, of PyPI. Credentials as bytes: text it would write as Latin-1."""

import json

import requests
from each import body_of, each, headers_of

session = requests.Session()


def send(request):
    is_json = request["how"] == "json"
    answer = session.post(
        request["url"],
        params=request["query"],
        headers=headers_of(request),
        auth=(request["user"].encode(), request["password"].encode()),
        **({"json": json.loads(request["body"])} if is_json else {"data": body_of(request)}),
    )
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return {"status": answer.status_code, "headers": headers, "body": answer.content.decode()}


each(send)
