// S17–S19, S21: whatever a sender, an author or an upstream writes, on every page it is text and nothing else.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import { HOSTILE, XSS } from "./hostile";
import type { Server } from "./server";
import { expect, test } from "./test";

/** Hooks into everything that hostile text tries to call. */
async function trap(page: Page) {
  await page.addInitScript(() => {
    const caught: string[] = [];
    Object.assign(window, { caught });
    for (const name of ["alert", "confirm", "prompt"] as const) {
      Object.defineProperty(window, name, { value: (what: unknown) => caught.push(`${name}(${what})`) });
    }
  });
  page.on("dialog", (dialog) => {
    throw new Error(`a dialog opened: ${dialog.message()}`);
  });
}

/** Nothing ran, and nothing became an element or an attribute that could. */
async function nothingRan(page: Page) {
  expect(await page.evaluate(() => (window as unknown as { caught: string[] }).caught)).toEqual([]);
  const live = await page.evaluate(() =>
    [...document.querySelectorAll("*")].flatMap((element) => [
      ...(["IFRAME", "OBJECT", "EMBED", "BASE", "VIDEO", "MATH"].includes(element.nodeName.toUpperCase())
        ? [element.outerHTML]
        : []),
      ...[...element.attributes]
        .filter(
          ({ name, value }) =>
            name.startsWith("on") ||
            (/^(href|src|action|formaction)$/.test(name) && /^\s*(javascript|data:text)/i.test(value)),
        )
        .map(({ name, value }) => `${element.nodeName} ${name}=${value}`),
    ]),
  );
  expect(live).toEqual([]);
}

/** Opens whatever can be opened on a page: stops of the line map, tabs, folded parts. */
async function lookAtEverything(page: Page) {
  await nothingRan(page);
  for (const stop of await page.locator("[data-stop]").all()) {
    await stop.click({ force: true });
    for (const tab of await page.getByRole("tab").all()) if (await tab.isVisible()) await tab.click({ force: true });
    await nothingRan(page);
  }
  for (const tab of await page.getByRole("tab").all()) {
    if (await tab.isVisible()) await tab.click({ force: true });
    await nothingRan(page);
  }
}

/** A server full of hostile text in every field that a stranger, an author or an upstream can fill. */
async function seed(server: Server) {
  const upstream = createServer((_, answer) => {
    answer.writeHead(500, { "content-type": "text/html", "x-evil": XSS[3]! });
    answer.end(XSS.join("\n"));
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  const port = (upstream.address() as AddressInfo).port;
  const some = (from: number, count: number) =>
    Array.from({ length: count }, (_, at) => XSS[(from + at) % XSS.length]!);
  const workflow = await server.workflow({
    title: XSS[1],
    description: XSS.join(" "),
    tags: some(0, 5).map((text) => text.slice(0, 40)),
    mode: "sync",
    trigger: {
      kind: "webhook",
      headers: [{ name: "X-Evil", alias: XSS[3], example: XSS[4] }],
      query: XSS.slice(0, 10).map((text) => ({ path: `evil[${JSON.stringify(text)}]`, alias: text, example: text })),
      body: XSS.slice(0, 20).map((text) => ({ path: `body[${JSON.stringify(text)}]`, alias: text, example: text })),
    },
    nodes: [
      {
        key: "call",
        kind: "http_request",
        title: XSS[2],
        note: XSS[5],
        config: { method: "POST", url: `http://127.0.0.1:${port}/`, body: { x: XSS[6] }, ignore_failure: true },
      },
      {
        key: "choose",
        kind: "condition",
        title: XSS[7],
        config: { mode: "branch", rule: { left: "{{ trigger.body.decide }}", operator: "contains", right: XSS[8]! } },
        branches: {
          true: [
            {
              key: "yes",
              kind: "response",
              title: XSS[9],
              config: {
                status: 200,
                headers: [{ name: "X-Echo", value: "{{ trigger.body.echo }}" }],
                body: XSS.join("\n"),
              },
            },
          ],
          false: [{ key: "no", kind: "response", config: { status: 500, body: "{{ trigger.raw_body }}" } }],
        },
      },
    ],
  });
  const body = Object.fromEntries(HOSTILE.map((text, at) => [at < 120 ? text : `k${at}`, text]));
  const query = XSS.map((text) => `evil[${encodeURIComponent(text)}]=${encodeURIComponent(text)}`).join("&");
  const accepted = await server.send(
    `${workflow.url}?${query}`,
    { ...body, decide: XSS[8], echo: "plain" },
    { headers: { "x-evil": encodeURI(XSS[3]!) } },
  );
  await accepted.text();
  const failed = await server.send(workflow.url, { ...body, decide: 5 });
  await failed.text();
  // Refused ones, with hostile bodies and targets.
  await server.send(workflow.url, XSS.join("\n"), { headers: { "content-type": "application/json" } });
  await server.send(workflow.url, XSS.join("\n"), { headers: { "content-type": "text/html" } });
  await fetch(`${workflow.url}?${query}`, { method: "DELETE" });
  await server.api("POST", `/workflows/${workflow.key}/samples`, {
    name: XSS[3]!.slice(0, 80),
    event: { body: JSON.stringify(body), headers: [["x-evil", "1"]] },
  });
  await server.api("POST", "/tokens", { name: XSS[3]!.slice(0, 90), scopes: ["read"] });
  await server
    .api(
      "PUT",
      `/workflows/${workflow.key}/draft`,
      {
        mode: "sync",
        trigger: { kind: XSS[0] },
        nodes: [{ key: "evil", kind: XSS[3], title: XSS[3], config: { [XSS[3]!]: XSS[4] } }],
      },
      { "if-match": "*" },
    )
    .catch(() => undefined);
  for (const [at, text] of XSS.slice(0, 20).entries()) {
    await server.workflow({
      title: text,
      enabled: at % 2 === 0,
      trigger: { kind: "webhook" },
      nodes: [{ key: "a", kind: "response", title: text, config: { body: text } }],
    });
  }
  const { items: executions } = await server.api("GET", "/executions?limit=5");
  const { items: requests } = await server.api("GET", "/requests?limit=20");
  return { workflow, executions, requests, upstream };
}

test("S19 hostile text is text on every page", async ({ page, server }) => {
  test.setTimeout(150_000);
  await trap(page);
  const { workflow, executions, requests, upstream } = await seed(server);
  const places = [
    "/workflows",
    `/workflows/${workflow.key}`,
    "/executions",
    ...executions.map(({ id }: { id: string }) => `/executions/${id}`),
    "/requests",
    ...requests
      .filter(({ outcome }: { outcome: string }) => outcome === "refused")
      .map(({ id }: { id: string }) => `/requests/${id}`),
    ...["profile", "users", "tokens", "secrets", "server", "about"].map((part) => `/settings/${part}`),
  ];
  for (const place of places) {
    await page.goto(place);
    await expect(page.locator("h1")).toHaveCount(1);
    await page.waitForLoadState("load");
    await lookAtEverything(page);
  }
  upstream.close();
});

test("S18 every page goes out with a policy that lets nothing in", async ({ server }) => {
  const nonces = new Set<string>();
  for (const place of ["/", "/workflows", "/login", "/setup", "/nowhere", "/settings/users"]) {
    const answer = await fetch(`${server.admin}${place}`, { headers: { accept: "text/html" } });
    const policy = answer.headers.get("content-security-policy") ?? "";
    const html = await answer.text();
    for (const part of [
      "default-src 'none'",
      "object-src 'none'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
      "form-action 'self'",
      "require-trusted-types-for 'script'",
    ]) {
      expect(policy).toContain(part);
    }
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? "";
    expect(html).toContain(`nonce="${nonce}"`);
    expect(answer.headers.get("cache-control")).toContain("no-store");
    nonces.add(nonce);
  }
  expect(nonces.size).toBe(6);
});

test("S17 what a workflow answers cannot act as one of our pages", async ({ page, server, context, watch }) => {
  // The answers of flows are opened on purpose, and their scripts are kept from running.
  watch.allow.push(
    /left the server/,
    /Blocked script execution/,
    /Content Security Policy/,
    /sandbox/i,
    /Failed to load resource/,
    /violated/,
  );
  const script = `document.title='ran';fetch('${server.admin}/api/v1/workflows',{credentials:'include'}).then(r=>document.title='read '+r.status);document.cookie='hookflow_session=evil'`;
  const bodies: [string, string][] = [
    ["text/html", `<!doctype html><title>still</title><script>${script}</script><img src=x onerror="${script}">`],
    [
      "application/xhtml+xml",
      `<html xmlns="http://www.w3.org/1999/xhtml"><head><title>still</title></head><body><script>${script}</script></body></html>`,
    ],
    ["image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg"><title>still</title><script>${script}</script></svg>`],
    ["text/xml", `<?xml version="1.0"?><x xmlns:h="http://www.w3.org/1999/xhtml"><h:script>${script}</h:script></x>`],
  ];
  for (const [type, body] of bodies) {
    const { url } = await server.workflow({
      title: type,
      trigger: { kind: "webhook" },
      nodes: [
        {
          key: "a",
          kind: "response",
          config: {
            status: 200,
            headers: [
              { name: "Content-Type", value: type },
              { name: "Set-Cookie", value: "tracking=1" },
            ],
            body,
          },
        },
      ],
    });
    const opener = createServer((_, answer) => {
      answer.writeHead(200, { "content-type": "text/html" });
      answer.end(`<!doctype html><form method=post action="${url}"><button>go</button></form>`);
    });
    await new Promise<void>((resolve) => opener.listen(0, "127.0.0.1", resolve));
    await page.goto(`http://127.0.0.1:${(opener.address() as AddressInfo).port}/`);
    const [answer] = await Promise.all([page.waitForResponse(url), page.getByRole("button", { name: "go" }).click()]);
    expect(answer.status()).toBe(200);
    expect(answer.headers()["content-security-policy"]).toBe("sandbox; default-src 'none'");
    await page.waitForLoadState("load");
    await page.waitForTimeout(200);
    expect(await page.title()).not.toMatch(/ran|read/);
    expect((await context.cookies()).filter(({ value }) => value === "evil")).toEqual([]);
    opener.close();
  }
});

test("S17 our cookie does not reach a workflow, though both ports share a browser's cookies", async ({
  page,
  server,
  context,
  watch,
}) => {
  watch.allow.push(/left the server/, /Blocked script execution/);
  const { url } = await server.workflow({
    title: "Echo",
    trigger: { kind: "webhook", headers: [{ name: "Cookie" }] },
    nodes: [
      {
        key: "a",
        kind: "response",
        config: { status: 200, body: { cookie: "{{ trigger.headers.Cookie }}", all: "{{ trigger.headers }}" } },
      },
    ],
  });
  await context.addCookies([{ name: "theirs", value: "1", url: server.admin }]);
  const [session] = (await context.cookies()).filter(({ name }) => name === "hookflow_session");
  const opener = createServer((_, answer) => {
    answer.writeHead(200, { "content-type": "text/html" });
    answer.end(`<!doctype html><form method=post action="${url}"><button>go</button></form>`);
  });
  await new Promise<void>((resolve) => opener.listen(0, "127.0.0.1", resolve));
  await page.goto(`http://127.0.0.1:${(opener.address() as AddressInfo).port}/`);
  const [answer] = await Promise.all([page.waitForResponse(url), page.getByRole("button", { name: "go" }).click()]);
  const got = await answer.text();
  expect(got).toContain("theirs=1");
  expect(session?.value.length).toBeGreaterThan(40);
  expect(got).not.toContain(session!.value);
  expect(got).not.toContain("hookflow_session");
  opener.close();
});

test("S21 a page of somebody else changes nothing with the browser's session", async ({
  page,
  server,
  context,
  watch,
}) => {
  watch.allow.push(/left the server/, /CORS policy/, /Failed to load resource/);
  const { key } = await server.workflow({ title: "Target", trigger: { kind: "webhook" }, nodes: [] });
  // Another port of the same host is the same site: the browser sends the cookie along.
  const sent: { cookie: boolean; site: string | undefined }[] = [];
  context.on("request", async (request) => {
    if (request.url().startsWith(server.admin) && request.method() === "POST") {
      const headers = await request.allHeaders();
      sent.push({ cookie: (headers.cookie ?? "").includes("hookflow_session"), site: headers["sec-fetch-site"] });
    }
  });
  const evil = createServer((_, answer) => {
    answer.writeHead(200, { "content-type": "text/html" });
    answer.end(`<!doctype html>
      <form id=f method=post enctype=text/plain action="${server.admin}/api/v1/workflows/${key}/rotate-key"><input name='{"a":"' value='"}'></form>
      <button onclick="f.submit()">form</button>
      <script>
        window.tried = [];
        const at = "${server.admin}/api/v1/workflows/${key}";
        for (const [method, path, type] of [["POST","/rotate-key","text/plain"],["POST","/duplicate","application/json"],["DELETE","","text/plain"],["PATCH","","application/json"]])
          for (const mode of ["no-cors","cors"])
            tried.push(fetch(at + path, { method, mode, credentials: "include", headers: { "content-type": type }, body: method === "DELETE" ? undefined : '{}' }).then((r) => r.type + r.status, () => "refused"));
      </script>`);
  });
  await new Promise<void>((resolve) => evil.listen(0, "127.0.0.1", resolve));
  await page.goto(`http://127.0.0.1:${(evil.address() as AddressInfo).port}/`);
  const outcomes = await page.evaluate(() => Promise.all((window as unknown as { tried: Promise<string>[] }).tried));
  expect(outcomes.every((outcome) => outcome === "refused" || outcome === "opaque0")).toBe(true);
  const [answer] = await Promise.all([
    page.waitForResponse(/rotate-key/),
    page.getByRole("button", { name: "form" }).click(),
  ]);
  expect(answer.status()).toBe(403);
  expect(
    sent.some(({ cookie }) => cookie),
    "the browser did send the session",
  ).toBe(true);
  expect((await server.api("GET", "/workflows")).items.map((each: { key: string }) => each.key)).toEqual([key]);
  evil.close();
});
