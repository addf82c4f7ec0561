// The trigger's drawer: the URL and its callers, and what is learnt from a request.
import { execFileSync } from "node:child_process";
import type { Page } from "@playwright/test";
import { PAYMENT, type Server } from "./server";
import { expect, test } from "./test";

const PLAIN = { title: "Plain", trigger: { kind: "webhook" }, nodes: [{ key: "answer", kind: "response", config: { status: 200, body: "{{ trigger.body }}" } }] };

async function open(page: Page, server: Server, document: object) {
  const workflow = await server.workflow(document);
  await page.goto(`/workflows/${workflow.key}?node=`);
  const drawer = page.getByRole("complementary", { name: "Webhook event" });
  await expect(drawer.getByRole("textbox", { name: "URL", exact: true })).toHaveValue(workflow.url);
  return { ...workflow, drawer, requests: drawer.getByRole("list", { name: "Requests" }) };
}

/** The draft as the server has it, once it has everything. */
async function saved(page: Page, server: Server, key: string) {
  await expect(page.getByRole("status", { name: "Draft" })).toContainText(/^Saved \d/);
  return (await server.api("GET", `/workflows/${key}/draft`)).flow;
}

const paths = (page: Page, table: string) =>
  page.getByRole("table", { name: table }).getByRole("textbox", { name: "Path" }).evaluateAll((inputs) => inputs.map((input) => (input as HTMLInputElement).value));

test("3 the URL is copied as it is and that is said; where copying fails it is shown to be selected", async ({ page, server, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const { drawer, url } = await open(page, server, PLAIN);
  await drawer.getByRole("button", { name: "Copy URL" }).click();
  await expect(drawer.getByRole("status").filter({ hasText: "Copied" })).toHaveCount(1);
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(url);
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error("no"));
    document.execCommand = () => false;
  });
  await drawer.getByRole("button", { name: "Copy URL" }).click();
  await expect(page.getByRole("region", { name: "Messages" })).toContainText(`Select it here: ${url}`);
});

test("4 what is copied as curl runs in a shell, and the same bytes are in the inspector", async ({ page, server, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const text = "it's \"so\"\nline 2 \\ $HOME `id` !! %s Привіт 🎉";
  const { drawer, requests, key } = await open(page, server, {
    ...PLAIN,
    trigger: {
      kind: "webhook",
      headers: [{ name: "X-Note", example: "it's $HOME" }],
      query: [{ path: "a[0].b", example: "x y&z" }],
      body: [{ path: "text", example: text }, { path: '["odd key"]', example: "[*]{}" }],
    },
  });
  await drawer.getByRole("button", { name: "Copy as curl" }).click();
  await expect(page.getByRole("region", { name: "Messages" })).toContainText("The curl command is copied.");
  const line = await page.evaluate(() => navigator.clipboard.readText());
  const answer = execFileSync("bash", ["-c", line]).toString();
  expect(answer).toContain("200 OK");
  await expect(requests.getByRole("listitem")).toHaveCount(1);
  const [{ id }] = (await server.api("GET", `/executions?workflow=${key}`)).items;
  const { event } = await server.api("GET", `/executions/${id}`);
  expect(event.body).toBe(JSON.stringify({ text, "odd key": "[*]{}" }));
  expect(event.query).toEqual({ a: [{ b: "x y&z" }] });
  expect(event.headers).toContainEqual(["x-note", "it's $HOME"]);
  // The test panel shows that very request.
  await page.getByRole("button", { name: "Test", exact: true }).click();
  await expect(page.getByRole("region", { name: "Request" }).getByRole("textbox", { name: "Body" })).toHaveValue(event.body);
});

test("5 what is refused is in the list within a second, with its cause; credentials let the right ones in", async ({ page, server }) => {
  const { drawer, requests, url, key } = await open(page, server, PLAIN);
  await expect(drawer.getByText("Nothing came yet. Listening…")).toBeVisible();
  await server.send(url, undefined, { method: "GET" });
  await expect(requests.getByRole("listitem").filter({ hasText: "GET → 405" })).toContainText("only POST is accepted", { timeout: 1_000 });

  await drawer.getByRole("button", { name: "Security" }).click();
  await drawer.getByRole("button", { name: "Ask for a user and a password" }).click();
  await drawer.getByRole("textbox", { name: "User" }).fill("ann");
  await drawer.getByLabel("Password", { exact: true }).fill("pässword: 'x'");
  await drawer.getByRole("button", { name: "Require them" }).click();
  await expect(drawer.getByText("Basic authentication as ann")).toBeVisible();
  expect((await server.api("GET", `/workflows/${key}`)).credentials).toEqual({ basic: { username: "ann" } });
  // In the clear, and said so.
  await expect(drawer.getByText(/Over http the password travels readable/)).toBeVisible();

  await server.send(url, {});
  await expect(requests.getByRole("listitem").filter({ hasText: "POST → 401" })).toContainText("no or wrong credentials", { timeout: 1_000 });
  const basic = (password: string) => ({ headers: { authorization: `Basic ${Buffer.from(`ann:${password}`).toString("base64")}` } });
  await server.send(url, {}, basic("wrong"));
  await expect(requests.getByRole("listitem").filter({ hasText: "POST → 401" })).toHaveCount(2);
  expect((await server.send(url, {}, basic("pässword: 'x'"))).status).toBe(200);
  await expect(requests.getByRole("listitem").filter({ hasText: "POST → 200" })).toHaveCount(1);

  // A test asks for the password, and asks again after a wrong one.
  await drawer.getByRole("button", { name: "Send a test" }).click();
  const asked = page.getByRole("dialog", { name: "Send with the password" });
  await asked.getByLabel("Password of ann").fill("wrong");
  await page.keyboard.press("Enter");
  await expect(drawer.getByText("It was answered 401")).toBeVisible();
  await drawer.getByRole("button", { name: "Send a test" }).click();
  await asked.getByLabel("Password of ann").fill("pässword: 'x'");
  await page.keyboard.press("Enter");
  await expect(requests.getByRole("listitem").filter({ hasText: "POST → 200" })).toHaveCount(2);
  // Known in this window now; removed, nobody is asked.
  await drawer.getByRole("button", { name: "Remove" }).click();
  await expect(drawer.getByText("Whoever knows the URL can call it.")).toBeVisible();
  expect((await server.send(url, {})).status).toBe(200);
  expect(await page.content()).not.toContain("pässword");
});

test("6 a URL or a bare query becomes rows; they are renamed, given an alias, deleted, and undo brings them back", async ({ page, server }) => {
  const { drawer, key } = await open(page, server, PLAIN);
  const sample = drawer.getByRole("textbox", { name: "URL or query" });
  await sample.fill("https://example.com/x?a[0][b]=1&c=2#part");
  await page.keyboard.press("Enter");
  await expect(drawer.getByText("+4 new")).toBeVisible();
  expect(await paths(page, "Declared parameters")).toEqual(["a", "a[0]", "a[0].b", "c"]);
  await sample.fill("a[0][b]=1&c=2");
  await page.keyboard.press("Enter");
  await expect(drawer.getByText("Nothing new.")).toBeVisible();
  const table = drawer.getByRole("table", { name: "Declared parameters" });
  await table.getByRole("textbox", { name: "Path" }).nth(3).fill("page");
  await table.getByRole("textbox", { name: "Alias of page" }).fill("Page");
  await table.getByRole("button", { name: "Delete a", exact: true }).click();
  expect((await saved(page, server, key)).trigger.query).toEqual([
    { path: "a[0]", type: "object" },
    { path: "a[0].b", type: "text", example: "1" },
    { path: "page", alias: "Page", type: "text", example: "2" },
  ]);
  await page.getByRole("button", { name: /^Undo/ }).click();
  expect(await paths(page, "Declared parameters")).toEqual(["a", "a[0]", "a[0].b", "page"]);
  for (let step = 0; step < 3; step++) await page.getByRole("button", { name: /^Undo/ }).click();
  await expect(table).toHaveCount(0);
  await expect(page.getByRole("button", { name: /^Undo/ })).toBeDisabled();
});

test("7 a JSON sample becomes rows; what is no JSON says where and changes nothing; aliases stay and what is gone is named", async ({ page, server, watch }) => {
  watch.allow.push(/422/);
  const { drawer, key } = await open(page, server, PLAIN);
  const sample = drawer.getByRole("textbox", { name: "JSON sample" });
  const parse = drawer.getByRole("region", { name: "Body" }).getByRole("button", { name: "Parse" }).or(drawer.getByRole("button", { name: "Parse" }).nth(1));
  await sample.fill('{"a":1,"b":{"c":2}}');
  await parse.last().click();
  await expect.poll(() => paths(page, "Declared body values")).toEqual(["a", "b", "b.c"]);
  await drawer.getByRole("textbox", { name: "Alias of b.c" }).fill("Total");
  await sample.fill('{"a":1,\n "b":}');
  await page.keyboard.press("Control+Enter");
  await expect(drawer.getByRole("alert")).toContainText("Not JSON at line 2, column 6.");
  expect(await paths(page, "Declared body values")).toEqual(["a", "b", "b.c"]);
  await sample.fill('{"b":{"c":2,"d":"x"}}');
  await page.keyboard.press("Control+Enter");
  await expect(drawer.getByRole("alert")).toHaveCount(0);
  await expect(drawer.getByText("+1 new · 1 gone")).toBeVisible();
  expect(await paths(page, "Declared body values")).toEqual(["b", "b.c", "b.d", "a"]);
  await expect(drawer.getByRole("textbox", { name: "Alias of b.c" })).toHaveValue("Total");
  await drawer.getByRole("button", { name: "Remove" }).click();
  expect(await paths(page, "Declared body values")).toEqual(["b", "b.c", "b.d"]);
  await drawer.getByRole("textbox", { name: "Alias of b.d" }).fill("total");
  await expect(drawer.getByText("Another row has this alias.")).toBeVisible();
  await drawer.getByRole("textbox", { name: "Alias of b.d" }).fill("trigger");
  await expect(drawer.getByText("Variables begin with this word")).toBeVisible();
  await drawer.getByRole("textbox", { name: "Alias of b.d" }).fill("");
  expect((await saved(page, server, key)).trigger.body).toEqual([
    { path: "b", type: "object" },
    { path: "b.c", alias: "Total", type: "number", example: 2 },
    { path: "b.d", type: "text", example: "x" },
  ]);
});

test("8 a request that came fills the three tables, as one edit", async ({ page, server }) => {
  const { drawer, requests, url, key } = await open(page, server, PAYMENT);
  await server.send(`${url}?page=1&tags[]=new`, { order: { id: 7, status: "paid" }, note: "hi" }, { headers: { "x-request-id": "r-7" } });
  await requests.getByRole("listitem").first().getByRole("button", { name: "Use this request" }).click();
  await expect.poll(() => paths(page, "Declared parameters")).toEqual(["page", "tags", "tags[0]"]);
  expect(await paths(page, "Declared body values")).toEqual(["order", "order.id", "order.status", "note"]);
  await expect(drawer.getByRole("table", { name: "Declared headers" }).getByRole("row").filter({ hasText: "r-7" })).toHaveCount(1);
  const used = drawer.getByRole("row").filter({ has: page.getByRole("button", { name: "Delete order.status" }) });
  await expect(used).toContainText("used in 1 place");
  const { trigger } = await saved(page, server, key);
  expect(trigger.body[1]).toEqual({ path: "order.id", alias: "Order", type: "number", example: 7 });
  expect(trigger.headers).toContainEqual({ name: "x-request-id", example: "r-7" });
  expect(trigger.headers.map(({ name }: any) => name)).not.toContain("host");
  await page.getByRole("button", { name: /^Undo/ }).click();
  expect(await paths(page, "Declared body values")).toEqual(["order.id", "order.status"]);
  await expect(page.getByRole("button", { name: /^Undo/ })).toBeDisabled();
});

test("9 the answer of an asynchronous workflow goes out before the flow ends; unless told, it is 200 ok", async ({ page, server }) => {
  const { drawer, url, key } = await open(page, server, {
    title: "Slow",
    mode: "async",
    trigger: { kind: "webhook" },
    nodes: [{ key: "wait", kind: "delay", config: { amount: 1, unit: "hours" } }],
  });
  const before = await server.send(url, {});
  expect([before.status, await before.text()]).toEqual([200, "ok"]);
  const status = drawer.getByRole("textbox", { name: "Status" });
  await status.fill("202");
  await status.press("Tab");
  await drawer.getByRole("group", { name: "Headers of the answer" }).getByRole("button", { name: "Header" }).click();
  await drawer.getByRole("group", { name: "Headers of the answer" }).getByRole("textbox", { name: "Header" }).fill("X-Took");
  const value = drawer.getByRole("group", { name: "Headers of the answer" }).getByRole("textbox", { name: "Value" });
  await value.fill("it");
  const body = drawer.getByRole("textbox", { name: "Text of the body" });
  await body.fill("taken {{ trigger.body.id }}");
  expect((await saved(page, server, key)).trigger.answer).toEqual({
    status: 202,
    headers: [{ name: "X-Took", value: "it" }],
    body: "taken {{ trigger.body.id }}",
  });
  await page.getByRole("button", { name: "Publish" }).click();
  await page.getByRole("dialog", { name: "Publish the draft" }).getByRole("button", { name: "Publish" }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect.poll(async () => (await server.api("GET", `/workflows/${key}`)).revision).toBe(2);
  const after = await server.send(url, { id: 5 });
  expect([after.status, after.headers.get("x-took"), await after.text()]).toEqual([202, "it", "taken 5"]);
  const { items } = await server.api("GET", `/executions?workflow=${key}`);
  // The answer is there; the flow has not come to its end.
  expect(["queued", "running", "waiting"]).toContain(items[0].status);
});

test("the coach tells one step at a time, and once closed is never seen again", async ({ page, server }) => {
  const { key, url } = await server.workflow(PLAIN);
  await page.goto(`/workflows/${key}?coach=1`);
  await expect(page.getByText("Send a request: use “Send a test”")).toBeVisible();
  await page.getByRole("button", { name: "Send a test" }).click();
  await expect(page.getByText("“Use this request” teaches the workflow what comes in.")).toBeVisible();
  await page.getByRole("button", { name: "Use this request" }).click();
  await expect(page.getByText("Put a value into the answer, then publish.")).toBeVisible();
  expect(await paths(page, "Declared body values")).toEqual(["order", "order.id", "order.status", "order.total"]);
  await page.getByRole("button", { name: "Close these hints for good" }).click();
  await page.reload();
  await expect(page.getByRole("textbox", { name: "URL", exact: true })).toHaveValue(url);
  await expect(page.getByText("Put a value into the answer")).toHaveCount(0);
});

test("a new URL is asked for twice; the old one is gone", async ({ page, server, watch }) => {
  // The page may ask once more for what is there no longer.
  watch.allow.push(/404/);
  const { drawer, url, key } = await open(page, server, PLAIN);
  await drawer.getByRole("button", { name: "More about the URL" }).click();
  await page.getByRole("menuitem", { name: "Give it a new URL" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Make a new URL" }).click();
  await expect(page).not.toHaveURL(new RegExp(key));
  await expect(page.getByRole("textbox", { name: "URL", exact: true })).not.toHaveValue(url);
  const fresh = await page.getByRole("textbox", { name: "URL", exact: true }).inputValue();
  expect((await server.send(url, {})).status).toBe(410);
  expect((await server.send(fresh, {})).status).toBe(200);
});
