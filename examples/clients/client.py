#!/usr/bin/env python3
"""Creates a workflow, publishes it, calls it, watches it live and replays it. Python 3.9 or later, nothing to install.

    HOOKFLOW_URL=http://127.0.0.1:13001 HOOKFLOW_TOKEN=… python3 client.py

All it knows of the API's addresses comes from the server's own description, /api/openapi.json.
The token needs the scopes read, operate and author.
"""

import json
import os
import urllib.error
import urllib.parse
import urllib.request

BASE = os.environ.get("HOOKFLOW_URL", "http://127.0.0.1:13001").rstrip("/")
TOKEN = os.environ["HOOKFLOW_TOKEN"]

FLOW = {
    "hookflow": 1,
    "title": "Greeting",
    "enabled": True,
    "mode": "sync",
    "trigger": {"kind": "webhook", "body": [{"path": "name"}]},
    "nodes": [{"key": "hello", "kind": "response", "config": {"body": {"hello": "{{ trigger.body.name }}"}}}],
}


class Api:
    """The operations of the description, by their names."""

    def __init__(self):
        with urllib.request.urlopen(f"{BASE}/api/openapi.json") as answer:
            description = json.load(answer)
        self.operations = {
            operation["operationId"]: (method.upper(), path)
            for path, methods in description["paths"].items()
            for method, operation in methods.items()
            if "operationId" in operation
        }

    def open(self, name, body=None, query=None, headers=None, **names):
        method, path = self.operations[name]
        path = path.format(**{key: urllib.parse.quote(str(value), safe="") for key, value in names.items()})
        query = f"?{urllib.parse.urlencode(query)}" if query else ""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {TOKEN}", **(headers or {})}
        if data is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(BASE + path + query, data, headers, method=method)
        try:
            return urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as refused:
            problem = json.load(refused)
            raise SystemExit(f"{name}: {problem['code']}: {problem['detail']}") from None

    def call(self, name, body=None, **names):
        with self.open(name, body, **names) as answer:
            text = answer.read()
            return json.loads(text) if text else None

    def live(self, **query):
        """What happens from now on, as (event, data). After a cut it goes on where it stopped."""
        last = None
        while True:
            headers = {"Last-Event-ID": last} if last else {}
            event, data = "message", []
            try:
                with self.open("live", query=query, headers=headers) as stream:
                    for line in stream:
                        field, _, value = line.decode().rstrip("\n").partition(":")
                        value = value.removeprefix(" ")
                        if field == "id":
                            last = value
                        elif field == "event":
                            event = value
                        elif field == "data":
                            data.append(value)
                        elif not line.strip():
                            if data:
                                yield event, json.loads("\n".join(data))
                            event, data = "message", []
            except (OSError, urllib.error.URLError):
                continue


def ended(events, execution):
    """Waits until the execution has ended, and returns it as a list shows it."""
    for event, data in events:
        if event == "execution" and data["id"] == execution and data["finished_at"]:
            return data
    raise SystemExit("the feed ended")


def main():
    api = Api()
    workflow = api.call("workflow_create", FLOW)
    print("created", workflow["key"])
    published = api.call("draft_publish", {"note": "first"}, key=workflow["key"])
    print("published revision", published["revision"])

    events = api.live(workflow=workflow["key"])
    next(events)  # hello: from here on nothing is left out

    body = json.dumps({"name": "Ada"}).encode()
    request = urllib.request.Request(workflow["url"], body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        execution = answer.headers["Hookflow-Execution"]
        print("answered", answer.status, answer.read().decode())

    print("ended", ended(events, execution)["status"])
    detail = api.call("execution_get", id=execution)
    print("ran", ", ".join(run["node"] for run in detail["node_runs"]))

    replay = api.call("execution_replay", {"revision": "same"}, id=execution)["items"][0]
    done = ended(events, replay["id"])
    print("replayed", done["status"], done["answer_status"], "of", "the same" if replay["replay_of"] == execution else "another")

    api.call("workflow_delete", key=workflow["key"])
    print("deleted")


if __name__ == "__main__":
    main()
