// The whole way: from nothing to an answer, by hand, and by the keyboard alone.
import { execFile } from "node:child_process";
import type { Locator, Page } from "@playwright/test";
import { ADMIN } from "./server";
import { expect, test } from "./test";

const NOBODY = /status of 401/;

test("1 from an empty database to a succeeded execution, in six clicks and fifteen seconds", async ({ visitor, server, watch }) => {
  watch.allow.push(NOBODY);
  let clicks = 0;
  await visitor.exposeFunction("clicked", () => clicks++);
  await visitor.addInitScript(() =>
    document.addEventListener("click", () => (window as unknown as { clicked: () => void }).clicked(), true),
  );
  const began = Date.now();
  await visitor.goto("/");
  await visitor.getByLabel("Name").fill(ADMIN.name);
  await visitor.getByLabel("E-mail").fill(ADMIN.email);
  await visitor.getByLabel("Password", { exact: true }).fill(ADMIN.password);
  await visitor.getByRole("button", { name: "Create account and first workflow" }).click();
  await visitor.getByRole("button", { name: "Send a test" }).click();
  const requests = visitor.getByRole("region", { name: "Requests" }).or(visitor.locator('[data-region="drawer"]')).first();
  await expect(requests.getByText("200").first()).toBeVisible();
  const { items } = await server.api("GET", "/executions");
  expect(items).toMatchObject([{ status: "succeeded", answer_status: 200, test: false }]);
  const seconds = (Date.now() - began) / 1000;
  console.log(`  ${clicks} clicks, ${seconds.toFixed(1)} s`);
  expect(clicks).toBeLessThanOrEqual(6);
  expect(seconds).toBeLessThanOrEqual(15);
});

/** A field of the open drawer, by its JSON pointer below the node: the place that is typed in. */
const field = (page: Page, pointer: string) =>
  page.locator(`[data-pointer="${pointer}"]`).locator('[contenteditable="true"], input, textarea').first();

async function add(page: Page, place: string, kind: string) {
  await page.locator(`[data-place="${place}"]`).click();
  await page.getByRole("searchbox", { name: "Add a node" }).fill(kind);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("complementary", { name: kind })).toBeVisible();
}

/** Off the field: what helps to fill it in is closed. */
async function leave(page: Page) {
  await expect(page.getByRole("listbox")).toHaveCount(0);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("region", { name: "Variables" })).toHaveCount(0);
}

const curl = (...args: string[]) =>
  new Promise<{ status: number; body: string }>((resolve, reject) => {
    execFile("curl", ["-s", "-w", "\\n%{http_code}", ...args], (error, stdout) => {
      if (error) return reject(error);
      const at = stdout.lastIndexOf("\n");
      return resolve({ status: Number(stdout.slice(at + 1)), body: stdout.slice(0, at) });
    });
  });

test("the classic by hand: credentials, parsed samples, a branch, two answers; curl gets each, and each is seen as it comes", async ({
  page,
  server,
  context,
}) => {
  test.slow();
  await page.goto("/workflows");
  await page.getByRole("button", { name: /^Empty/ }).click();
  const dialog = page.getByRole("dialog", { name: "New workflow" });
  await dialog.getByRole("textbox", { name: "Name" }).fill("Payment callback");
  await dialog.getByRole("radio", { name: /^Wait/ }).check({ force: true });
  await dialog.getByRole("button", { name: "Create" }).click();

  const drawer = page.getByRole("complementary", { name: "Webhook event" });
  const url = await drawer.getByRole("textbox", { name: "URL", exact: true }).inputValue();
  await drawer.getByRole("button", { name: "Security" }).click();
  await drawer.getByRole("button", { name: "Ask for a user and a password" }).click();
  await drawer.getByRole("textbox", { name: "User" }).fill("hook");
  await drawer.getByLabel("Password", { exact: true }).fill("s3cret");
  await drawer.getByRole("button", { name: "Require them" }).click();
  await expect(drawer.getByText("Basic authentication as hook")).toBeVisible();

  const paths = (table: string) =>
    drawer
      .getByRole("table", { name: table })
      .getByRole("textbox", { name: "Path" })
      .evaluateAll((fields) => fields.map((each) => (each as HTMLInputElement).value));
  await drawer.getByRole("textbox", { name: "URL or query" }).fill("https://shop.example/callback?query[0][a]=1");
  await page.keyboard.press("Enter");
  await expect(drawer.getByText("+3 new")).toBeVisible();
  expect(await paths("Declared parameters")).toEqual(["query", "query[0]", "query[0].a"]);
  await drawer.getByRole("textbox", { name: "JSON sample" }).fill('{"a":1,"b":{"c":2}}');
  await drawer.getByRole("button", { name: "Parse" }).nth(1).click();
  await expect(drawer.getByRole("table", { name: "Declared body values" })).toBeVisible();
  expect(await paths("Declared body values")).toEqual(["a", "b", "b.c"]);

  await add(page, "0", "Condition");
  await field(page, "/config/rule/left").click();
  await page.keyboard.type("{{b.c");
  await expect(page.getByRole("option", { name: /b\.c/ }).first()).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.locator(".cm-chip")).toHaveCount(1);
  await field(page, "/config/rule/right").click();
  await page.keyboard.type("2");
  await leave(page);
  for (const [branch, status, body] of [
    ["true", "200", '{"ok": true}'],
    ["false", "422", '{"error": "not paid"}'],
  ] as const) {
    await add(page, `condition1.${branch}.0`, "Response");
    await page.getByRole("combobox", { name: "Status" }).fill(status);
    await page.keyboard.press("Tab");
    await page.getByRole("radio", { name: "JSON" }).check({ force: true });
    await field(page, "/config/body").click();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.insertText(body);
    await leave(page);
  }
  await expect(page.getByRole("status", { name: "Draft" })).toContainText(/^Saved/);
  await page.getByRole("button", { name: "Publish" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Publish" }).click();
  await expect(page.getByText("Revision 2 is live.")).toBeVisible();

  // Somebody watches in another window while they come.
  const watching = await context.newPage();
  await watching.goto("/requests");
  await expect(watching.locator("h1")).toHaveCount(1);
  const json = ["-H", "content-type: application/json"];
  const paid = await curl("-u", "hook:s3cret", ...json, "-d", '{"a":1,"b":{"c":2}}', `${url}?query[0][a]=1`, "-g");
  expect([paid.status, JSON.parse(paid.body)]).toEqual([200, { ok: true }]);
  const open = await curl("-u", "hook:s3cret", ...json, "-d", '{"a":1,"b":{"c":3}}', url);
  expect([open.status, JSON.parse(open.body)]).toEqual([422, { error: "not paid" }]);
  expect((await curl(url)).status).toBe(405);
  expect((await curl("-u", "hook:wrong", ...json, "-d", "{}", url)).status).toBe(401);
  const seen = watching.getByRole("main");
  await expect(seen.getByText("GET → 405")).toBeVisible({ timeout: 2_000 });
  await expect(seen.getByText("POST → 401")).toBeVisible({ timeout: 2_000 });
  await expect(seen.locator(`[data-status="succeeded"]`)).toHaveCount(2, { timeout: 2_000 });
});

test("12 from the list to the execution by the keyboard alone", async ({ page, server }) => {
  test.slow();
  await page.addInitScript(() => {
    const pressed: string[] = [];
    Object.assign(window, { pressed });
    for (const name of ["mousedown", "pointerdown", "touchstart"]) {
      document.addEventListener(name, (event) => event.isTrusted && pressed.push(name), true);
    }
  });
  /** Tab until the one that is looked for has the focus. */
  const tabTo = async (found: Locator) => {
    for (let tabs = 0; tabs < 80; tabs++) {
      if ((await found.count()) && (await found.first().evaluate((element) => element.contains(document.activeElement)))) return;
      await page.keyboard.press("Tab");
    }
    throw new Error(`Tab does not lead to ${found}`);
  };
  const stop = (key: string) => page.locator(`button[data-stop="${key}"]`);
  /** F6 goes round the regions. */
  const toCanvas = async () => {
    for (let turns = 0; turns < 4; turns++) {
      if (await page.evaluate(() => document.activeElement?.hasAttribute("data-stop"))) return;
      await page.keyboard.press("F6");
    }
  };
  await page.goto("/workflows");
  await expect(page.getByRole("heading", { name: "Begin with a workflow" })).toBeVisible();
  await page.keyboard.press("n");
  const dialog = page.getByRole("dialog", { name: "New workflow" });
  await expect(dialog.getByRole("textbox", { name: "Name" })).toBeFocused();
  await page.keyboard.type("By keys");
  await tabTo(dialog.getByRole("button", { name: /Start from/ }));
  await page.keyboard.press("Enter");
  await page.keyboard.type("Empty");
  await page.keyboard.press("Enter");
  await tabTo(dialog.getByRole("button", { name: "Create" }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("textbox", { name: "Name of the workflow" })).toHaveValue("By keys");
  const drawer = page.getByRole("complementary", { name: "Webhook event" });
  await expect(drawer).toBeVisible();

  // A path of the body, with an alias.
  await tabTo(drawer.getByRole("textbox", { name: "JSON sample" }));
  await page.keyboard.insertText('{"order":{"id":7,"status":"paid"}}');
  await tabTo(drawer.getByRole("button", { name: "Parse" }).nth(1));
  await page.keyboard.press("Enter");
  await expect(drawer.getByRole("table", { name: "Declared body values" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(stop("")).toBeFocused();

  // A condition with a variable, and an answer in each branch.
  await page.keyboard.press("c");
  await expect(page.getByRole("complementary", { name: "Condition" })).toBeVisible();
  await tabTo(page.locator('[data-pointer="/config/rule/left"]'));
  await page.keyboard.type("{{order.status");
  await expect(page.getByRole("option", { name: /order\.status/ }).first()).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.locator(".cm-chip")).toHaveCount(1);
  await page.keyboard.press("Escape");
  await tabTo(page.locator('[data-pointer="/config/rule/right"]'));
  await page.keyboard.type("paid");
  await toCanvas();
  await expect(stop("condition1")).toBeFocused();
  // Put behind the condition, and moved into its branches: the second one along is "false".
  for (const [key, moves] of [["response1", 2], ["response2", 1]] as const) {
    await page.keyboard.press("a");
    await page.keyboard.type("response");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("complementary", { name: "Response" })).toBeVisible();
    // The drawer takes the focus once its first field is there.
    await expect.poll(() => page.evaluate(() => !!document.activeElement?.closest('[data-region="drawer"]'))).toBe(true);
    if (moves === 2) {
      await tabTo(page.getByRole("combobox", { name: "Status" }));
      await page.keyboard.press("ControlOrMeta+a");
      await page.keyboard.type("422");
      await page.keyboard.press("Tab");
    }
    await toCanvas();
    await expect(stop(key)).toBeFocused();
    for (let move = 0; move < moves; move++) await page.keyboard.press("Alt+ArrowRight");
    while (!(await stop("condition1").evaluate((element) => element === document.activeElement))) await page.keyboard.press("ArrowUp");
  }
  await expect(page.getByRole("status", { name: "Draft" })).toContainText(/^Saved/);
  await page.keyboard.press("p");
  const sheet = page.getByRole("dialog", { name: "Publish the draft" });
  await tabTo(sheet.getByRole("button", { name: "Publish" }));
  await page.keyboard.press("Enter");
  await expect(page.getByText("Revision 2 is live.")).toBeVisible();
  const { flow } = await server.api("GET", `/workflows/${(await server.api("GET", "/workflows")).items[0].key}/draft`);
  expect(flow.nodes[0].branches).toMatchObject({ true: [{ key: "response2" }], false: [{ config: { status: 422 } }] });

  // Tried with the example, and the execution opened.
  await toCanvas();
  await page.keyboard.press("t");
  const panel = page.getByRole("region", { name: "Test", exact: true });
  await expect(panel).toBeVisible();
  await tabTo(panel.getByRole("button", { name: "Run the draft" }));
  await page.keyboard.press("Enter");
  await expect(panel.getByRole("region", { name: "Answer" })).toContainText("200");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await toCanvas();
  await page.keyboard.press("g");
  await page.keyboard.press("e");
  await expect(page).toHaveURL(/\/executions/);
  await expect(page.getByRole("main").locator(`[data-status="succeeded"]`).first()).toBeVisible();
  await expect(async () => {
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/executions\/ex_/, { timeout: 1_000 });
  }).toPass();
  const { items } = await server.api("GET", "/executions");
  expect(items).toMatchObject([{ status: "succeeded", test: true, answer_status: 200 }]);
  expect(await page.evaluate(() => (window as unknown as { pressed: string[] }).pressed)).toEqual([]);
});
