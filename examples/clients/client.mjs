#!/usr/bin/env node
// Creates a workflow, publishes it, calls it, watches it live and replays it. Node 20 or later, nothing to install.
//
//   HOOKFLOW_URL=http://127.0.0.1:13001 HOOKFLOW_TOKEN=… node client.mjs
//
// All it knows of the API's addresses comes from the server's own description, /api/openapi.json.
// The token needs the scopes read, operate and author.

const base = (process.env.HOOKFLOW_URL ?? "http://127.0.0.1:13001").replace(/\/$/, "");
const token = process.env.HOOKFLOW_TOKEN;

const flow = {
  hookflow: 1,
  title: "Greeting",
  enabled: true,
  mode: "sync",
  trigger: { kind: "webhook", body: [{ path: "name" }] },
  nodes: [{ key: "hello", kind: "response", config: { body: { hello: "{{ trigger.body.name }}" } } }],
};

/** The operations of the description, by their names. */
class Api {
  static async load() {
    const description = await (await fetch(`${base}/api/openapi.json`)).json();
    const api = new Api();
    api.operations = new Map();
    for (const [path, methods] of Object.entries(description.paths)) {
      for (const [method, { operationId }] of Object.entries(methods)) {
        if (operationId) api.operations.set(operationId, { method: method.toUpperCase(), path });
      }
    }
    return api;
  }

  async open(name, { body, query, headers, signal, ...names } = {}) {
    const { method, path } = this.operations.get(name);
    const url = new URL(base + path.replace(/\{(\w+)\}/g, (_, key) => encodeURIComponent(names[key])));
    for (const [key, value] of Object.entries(query ?? {})) url.searchParams.set(key, value);
    const answer = await fetch(url, {
      method,
      signal,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!answer.ok) {
      const problem = await answer.json();
      throw new Error(`${name}: ${problem.code}: ${problem.detail}`);
    }
    return answer;
  }

  async call(name, options) {
    const text = await (await this.open(name, options)).text();
    return text ? JSON.parse(text) : undefined;
  }

  /** What happens from now on, as [event, data]. After a cut it goes on where it stopped. */
  async *live(query, signal) {
    let last;
    while (!signal.aborted) {
      try {
        const headers = last ? { "Last-Event-ID": last } : {};
        const answer = await this.open("live", { query, headers, signal });
        let rest = "";
        for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
          const blocks = (rest + chunk).split("\n\n");
          rest = blocks.pop();
          for (const block of blocks) {
            const fields = block.split("\n").map((line) => line.match(/^(\w+): ?(.*)$/)).filter(Boolean);
            const all = (name) => fields.filter(([, field]) => field === name).map(([, , value]) => value);
            last = all("id").at(-1) ?? last;
            const data = all("data").join("\n");
            if (data) yield [all("event").at(-1) ?? "message", JSON.parse(data)];
          }
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof TypeError)) throw error; // fetch says so when a connection breaks
      }
    }
  }
}

/** Waits until the execution has ended, and returns it as a list shows it. */
async function ended(events, execution) {
  for (;;) {
    const { value, done } = await events.next();
    if (done) throw new Error("the feed ended");
    const [event, data] = value;
    if (event === "execution" && data.id === execution && data.finished_at) return data;
  }
}

const api = await Api.load();
const workflow = await api.call("workflow_create", { body: flow });
console.log("created", workflow.key);
const published = await api.call("draft_publish", { key: workflow.key, body: { note: "first" } });
console.log("published revision", published.revision);

const stop = new AbortController();
const events = api.live({ workflow: workflow.key }, stop.signal);
await events.next(); // hello: from here on nothing is left out

const answer = await fetch(workflow.url, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ name: "Ada" }),
});
const execution = answer.headers.get("Hookflow-Execution");
console.log("answered", answer.status, await answer.text());

console.log("ended", (await ended(events, execution)).status);
const detail = await api.call("execution_get", { id: execution });
console.log("ran", detail.node_runs.map((run) => run.node).join(", "));

const { items } = await api.call("execution_replay", { id: execution, body: { revision: "same" } });
const done = await ended(events, items[0].id);
const same = items[0].replay_of === execution ? "the same" : "another";
console.log("replayed", done.status, done.answer_status, "of", same);

await api.call("workflow_delete", { key: workflow.key });
console.log("deleted");
stop.abort();
