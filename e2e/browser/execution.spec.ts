// Checks 4, 16, 24 and 25: one execution, the way it took, its answer, and running it again.
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Locator, Page } from "@playwright/test";
import { PAYMENT, type Server } from "./server";
import { expect, test as base } from "./test";

/** Another system that can be broken and mended, and counts its calls. */
class Upstream {
  isBroken = true;
  calls: string[] = [];
  url = "";
  private readonly http = createServer((request, answer) => {
    this.calls.push(request.url ?? "");
    answer.writeHead(this.isBroken && request.url === "/second" ? 503 : 200, { "content-type": "application/json" });
    answer.end('{"ok":true}');
  });

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.http.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
    return this;
  }

  end() {
    this.http.closeAllConnections();
    this.http.close();
  }
}

const test = base.extend<{ upstream: Upstream }>({
  upstream: async ({}, use) => {
    const upstream = await new Upstream().start();
    await use(upstream);
    upstream.end();
  },
});

const calling = (upstream: Upstream, key?: string, status = 200) => ({
  ...(key && { key }),
  title: "Two calls",
  trigger: { kind: "webhook" },
  nodes: [
    { key: "first", kind: "http_request", title: "First call", config: { method: "GET", url: `${upstream.url}/first` } },
    { key: "second", kind: "http_request", title: "Second call", config: { method: "GET", url: `${upstream.url}/second` } },
    { key: "answer", kind: "response", config: { status, body: { id: "{{ trigger.body.id }}" } } },
  ],
});

async function call(server: Server, url: string, body: unknown): Promise<string> {
  const answer = await server.send(url, body);
  await answer.text();
  return answer.headers.get("hookflow-execution") ?? "";
}

const stop = (page: Page, key: string) => page.locator(`[data-stop="${key}"]`);

/** How the line of a wire is drawn: it has no element of its own. */
const drawn = (wire: Locator) => wire.evaluate((element) => getComputedStyle(element, "::before").borderLeftStyle);

test("24 the branch that was taken is solid, the other dashed, and every stop says how it stands", async ({ page, server }) => {
  const { url } = await server.workflow(PAYMENT);
  const id = await call(server, url, { order: { id: 1, status: "open" } });
  await page.goto(`/executions/${id}`);
  await expect(stop(page, "refuse")).toHaveAccessibleName(/422.*succeeded/);
  await expect(stop(page, "accept")).toHaveAccessibleName(/200.*skipped/);
  await expect(stop(page, "paid")).toHaveAccessibleName(/Paid\?.*succeeded/);
  const wires = (branch: string) => page.locator(`[data-branch="paid.${branch}"] [data-taken]`);
  for (const [branch, taken, style] of [["false", "true", "solid"], ["true", "false", "dashed"]] as const) {
    expect(await wires(branch).count()).toBeGreaterThan(0);
    for (const wire of await wires(branch).all()) {
      await expect(wire).toHaveAttribute("data-taken", taken);
      expect(await drawn(wire)).toBe(style);
    }
  }
  expect(await drawn(page.locator('[data-node="paid"] [data-taken="true"]').first())).toBe("solid");
});

test("24 the failed stop has the focus when the page opens", async ({ page, server, upstream }) => {
  const { url } = await server.workflow(calling(upstream));
  const id = await call(server, url, { id: 1 });
  await page.goto(`/executions/${id}`);
  await expect(stop(page, "second")).toBeFocused();
  await expect(stop(page, "second")).toHaveAttribute("aria-pressed", "true");
  await expect(stop(page, "second")).toHaveAccessibleName(/error/);
  await expect(page.getByRole("region", { name: "What went wrong" })).toContainText("“Second call” broke");
  await expect(page.getByRole("tab", { name: "Nodes" })).toHaveAttribute("aria-selected", "true");
  // From stop to stop by the arrows, and what each has to say.
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "First call" })).toBeVisible();
  await page.getByRole("radio", { name: "Attempts" }).click();
  await expect(page.getByText("Attempt 1")).toBeVisible();
});

test("24 the answer is the bytes that the caller got", async ({ page, server }) => {
  const body = 'a <b>bold</b> "word" & 漢字 \n\ttab é 🙂';
  const { url } = await server.workflow({
    title: "Text",
    trigger: { kind: "webhook" },
    nodes: [{ key: "text", kind: "response", config: { status: 201, headers: [{ name: "Content-Type", value: "text/plain; charset=utf-8" }], body } }],
  });
  const answer = await server.send(url, {});
  const got = Buffer.from(await answer.arrayBuffer());
  const id = answer.headers.get("hookflow-execution");
  await page.goto(`/executions/${id}?tab=answer`);
  const panel = page.getByRole("tabpanel", { name: "Answer" });
  await expect(panel.getByText("201", { exact: true })).toBeVisible();
  const shown = await panel.getByRole("region", { name: "Body of the answer" }).locator("pre").evaluate((pre) => pre.textContent);
  expect(Buffer.from(shown ?? "")).toEqual(got);
  await expect(panel).toContainText(`${got.length}B`);
  await expect(panel.getByRole("rowheader", { name: "content-type", exact: true })).toBeVisible();
});

test("4 the copied curl line sends the same bytes again", async ({ page, server, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const { url } = await server.workflow(PAYMENT);
  const body = '{"order":{"id":1,"status":"it\'s \\"paid\\" $HOME `x` \\\\ é 漢","note":"a\\nb"}}';
  const sent = await server.send(`${url}?a=1%20b&c=$x`, body, { headers: { "content-type": "application/json", "x-odd": "it's $5" } });
  const id = sent.headers.get("hookflow-execution");
  await page.goto(`/executions/${id}?tab=request`);
  await page.getByRole("button", { name: "Copy as curl" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Copied" })).toHaveCount(1);
  const line = await page.evaluate(() => navigator.clipboard.readText());
  execFileSync("bash", ["-c", line], { stdio: "pipe" });
  const { items } = await server.api("GET", "/executions?limit=1");
  expect(items[0].id).not.toBe(id);
  const [first, second] = [await server.api("GET", `/executions/${id}`), await server.api("GET", `/executions/${items[0].id}`)];
  expect(second.event.body).toBe(first.event.body);
  expect(second.event.body).toBe(body);
  expect(second.event.query_string).toBe(first.event.query_string);
  expect(second.event.headers).toContainEqual(["x-odd", "it's $5"]);
});

test("16 a missing value names its path and node, one click opens the field, another takes the likely one", async ({ page, server }) => {
  const { url, key } = await server.workflow({
    title: "Misread",
    trigger: { kind: "webhook" },
    nodes: [{ key: "answer", kind: "response", title: "Thank you", config: { status: 200, body: { total: "{{ trigger.body.amount }}" } } }],
  });
  const id = await call(server, url, { order: { id: 7, amount: 42 } });
  await page.goto(`/executions/${id}`);
  const problem = page.getByRole("region", { name: "What went wrong" });
  await expect(problem).toContainText("trigger.body.amount");
  await expect(problem).toContainText("Thank you");
  await problem.getByRole("link", { name: "Open field" }).click();
  await expect(page).toHaveURL(new RegExp(`/workflows/${key}\\?node=answer&field=`));
  await page.goBack();
  await problem.getByRole("button", { name: "Use order.amount" }).click();
  await expect(problem.getByText("The draft uses order.amount now")).toBeVisible();
  await problem.getByRole("button", { name: "Replay with the draft" }).click();
  await expect(page.getByText("replay of")).toBeVisible();
  await expect(page.getByRole("region", { name: "What went wrong" })).toHaveCount(0);
  await page.getByRole("tab", { name: "Answer" }).click();
  await expect(page.getByText('{"total":42}')).toBeVisible();
  // What is live has not changed.
  expect(await (await server.send(url, { order: { amount: 5 } })).json()).toEqual({ total: null });
});

test("25 the five ways to replay; each new one leads back, and the old row says that it was made good", async ({ page, server, upstream }) => {
  const { url, key } = await server.workflow(calling(upstream));
  const old = await call(server, url, { id: 1 });
  upstream.isBroken = false;
  await server.workflow(calling(upstream, key, 201));
  const { edit, flow } = await server.api("GET", `/workflows/${key}/draft`);
  flow.nodes[2].config.status = 202;
  await server.api("PUT", `/workflows/${key}/draft`, flow, { "if-match": `"${edit}"` });

  const again = async (way: string, then?: () => Promise<void>) => {
    upstream.calls = [];
    await page.goto(`/executions/${old}`);
    await page.getByRole("button", { name: "Replay", exact: true }).click();
    await page.getByRole("menuitem", { name: way }).click();
    await then?.();
    await expect(page).not.toHaveURL(new RegExp(old));
    await expect(page.getByRole("status").filter({ hasText: "succeeded" })).toBeVisible();
    await expect(page.getByRole("link", { name: "replay of" })).toHaveAttribute("href", new RegExp(old));
    return server.api("GET", `/executions/${new URL(page.url()).pathname.split("/").at(-1)}`);
  };
  expect(await again("Same revision")).toMatchObject({ revision: 1, test: false, replay_of: old });
  expect(upstream.calls).toEqual(["/first", "/second"]);
  expect(await again("Live revision")).toMatchObject({ revision: 2, answer: { status: 201 } });
  expect(await again("Draft")).toMatchObject({ revision: null, test: true, answer: { status: 202 } });
  const edited = await again("Edit the request first", async () => {
    await page.getByRole("dialog").getByLabel("Body").fill('{"id": 99}');
    await page.getByRole("dialog").getByRole("button", { name: "Replay" }).click();
  });
  expect(edited).toMatchObject({ event: { body: '{"id": 99}' }, answer: { body: '{"id":99}' } });
  await again("From the failed node");
  expect(upstream.calls).toEqual(["/second"]);

  await page.goto("/executions?status=error");
  const row = page.locator(`[data-row="${old}"]`);
  await expect(row).toContainText("later ✓");
  await page.goto(`/executions/${old}`);
  await expect(page.getByRole("link", { name: "5 replays" })).toBeVisible();
});

test("an execution is followed while it runs, and can be cancelled", async ({ page, server }) => {
  const { url } = await server.workflow({
    title: "Slow",
    mode: "async",
    trigger: { kind: "webhook" },
    nodes: [{ key: "pause", kind: "delay", config: { amount: 1, unit: "hours" } }],
  });
  const id = await call(server, url, {});
  await page.goto(`/executions/${id}`);
  await expect(page.getByRole("status").filter({ hasText: "waiting" })).toBeVisible();
  await expect(page.getByText("waits for a time")).toBeVisible();
  await page.getByRole("button", { name: "Cancel execution" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Cancel execution" }).click();
  await expect(page.getByRole("status").filter({ hasText: "cancelled" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Cancel execution" })).toHaveCount(0);
});

test("J and K go through the list and keep the stop", async ({ page, server }) => {
  const { url } = await server.workflow(PAYMENT);
  const ids = [];
  for (const status of ["paid", "open", "paid"]) ids.push(await call(server, url, { order: { id: 1, status } }));
  await page.goto("/executions");
  await page.locator(`[data-row="${ids[2]}"]`).getByRole("link").click();
  await stop(page, "accept").click();
  for (const [key, at] of [["j", 1], ["j", 0], ["k", 1]] as const) {
    await page.keyboard.press(key);
    await expect(page).toHaveURL(new RegExp(ids[at] as string));
    await expect(stop(page, "accept")).toHaveAttribute("aria-pressed", "true");
  }
  await expect(page.getByText("The execution did not come here.").first()).toBeVisible();
});

test("what is not there any more says so; what outlived its workflow is shown", async ({ page, server, watch }) => {
  watch.allow.push(/Failed to load resource.*404/);
  const { url, key } = await server.workflow(PAYMENT);
  const id = await call(server, url, { order: { id: 1, status: "paid" } });
  await server.api("DELETE", `/workflows/${key}`);
  await page.goto(`/executions/${id}`);
  await expect(page.getByText("only the nodes that ran are shown")).toBeVisible();
  await expect(stop(page, "accept")).toBeVisible();
  await page.goto("/executions/ex_00000000000000000000000000");
  await expect(page.getByRole("heading", { name: "This execution is not here" })).toBeVisible();
});

test("a person says how an interrupted execution goes on", async ({ page, server }) => {
  // The far side takes the call and never answers: the server dies in between.
  const held = createServer(() => undefined);
  await new Promise<void>((resolve) => held.listen(0, "127.0.0.1", resolve));
  const far = `http://127.0.0.1:${(held.address() as AddressInfo).port}`;
  const taken = new Promise<void>((resolve) => held.once("request", () => resolve()));
  const { url } = await server.workflow({
    title: "Pay",
    mode: "async",
    trigger: { kind: "webhook" },
    nodes: [
      { key: "pay", kind: "http_request", title: "Pay the bill", config: { method: "POST", url: far, when_interrupted: "ask" } },
      { key: "done", kind: "end", config: { status: "succeeded" } },
    ],
  });
  const id = await call(server, url, {});
  await taken;
  await server.kill("SIGKILL");
  await server.start();
  held.closeAllConnections();
  held.close();
  await page.goto(`/executions/${id}`);
  const card = page.getByRole("region", { name: "This execution waits for your word" });
  await expect(card).toContainText("“Pay the bill” was cut off", { timeout: 20_000 });
  await card.getByText("Skip", { exact: true }).click();
  await card.getByLabel("Result (JSON, optional)").fill('{"paid": }');
  await expect(card.getByText("This is not JSON.")).toBeVisible();
  await expect(card.getByRole("button", { name: "Skip" })).toBeDisabled();
  await card.getByLabel("Result (JSON, optional)").fill('{"paid": true}');
  await card.getByRole("button", { name: "Skip" }).click();
  await expect(page.getByRole("status").filter({ hasText: "succeeded" })).toBeVisible();
  expect((await server.api("GET", `/executions/${id}`)).node_runs[0]).toMatchObject({ status: "skipped", result: { paid: true } });
});
