// Node's own fetch. It refuses credentials in URLs, so they go into a header.
import { setImmediate } from "node:timers/promises";
import { bodyOf, each, headersOf } from "./each.mjs";

await each(async (request) => {
  const url = new URL(request.url);
  // Put together as people do: brackets stay, and only what has to be is encoded.
  url.search = request.query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
  const credentials = Buffer.from(`${request.user}:${request.password}`).toString("base64");
  const headers = { ...headersOf(request), Authorization: `Basic ${credentials}` };
  const json = request.how === "json";
  if (json) headers["Content-Type"] = "application/json";
  const body = json ? JSON.stringify(JSON.parse(request.body)) : bodyOf(request);
  const answer = await fetch(url, { method: "POST", headers, body, duplex: "half" });
  const text = await answer.text();
  // fetch takes a connection back a moment after its answer was read; before that it would open another.
  await setImmediate();
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body: text };
});
