// The list of workflows: made, found, switched, taken along and deleted.
import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { PAYMENT } from "./server";
import { expect, test } from "./test";

const row = (page: Page, title: string) => page.getByRole("row").filter({ has: page.getByRole("link", { name: title, exact: true }) });

for (const [mode, answer] of [
  ["sync", { status: 200, body: '{"received":true}' }],
  ["async", { status: 200, body: "ok" }],
] as const) {
  test(`2 a ${mode} workflow is made with keys alone, its editor opens with the trigger's drawer, and its URL answers`, async ({ page, server }) => {
    await page.goto("/workflows");
    await expect(page.getByRole("heading", { level: 2, name: "Begin with a workflow" })).toBeVisible();
    await page.keyboard.press("n");
    const dialog = page.getByRole("dialog", { name: "New workflow" });
    await expect(dialog.getByRole("textbox", { name: "Name" })).toHaveValue("Webhook event");
    // What is there is selected: typing takes its place.
    await page.keyboard.type("Orders");
    await page.keyboard.press("Tab");
    if (mode === "async") await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/workflows\/[0-9a-z]{25}/);
    await expect(page.getByRole("textbox", { name: "Name of the workflow" })).toHaveValue("Orders");
    const drawer = page.getByRole("complementary", { name: "Webhook event" });
    const url = await drawer.getByRole("textbox", { name: "URL", exact: true }).inputValue();
    expect(url).toBe(`${server.hooks}/api/webhook:trigger/${new URL(page.url()).pathname.split("/").at(-1)}`);
    const sent = await server.send(url, {});
    expect([sent.status, await sent.text()]).toEqual([answer.status, answer.body]);
    const { items } = await server.api("GET", "/workflows");
    expect(items).toMatchObject([{ title: "Orders", mode, enabled: true, revision: 1 }]);
  });
}

test("2 every template can be published as it is, in both modes", async ({ page, server }) => {
  // Four workflows, each by hand.
  test.slow();
  await page.goto("/workflows");
  for (const [card, calls] of [
    ["Check and branch", { sync: [[{ status: "paid" }, 200], [{}, 422]], async: [[{}, 200]] }],
    ["Empty", { sync: [[{}, 200]], async: [[{}, 200]] }],
  ] as const) {
    for (const mode of ["sync", "async"] as const) {
      await page.goto("/workflows");
      const first = page.getByRole("heading", { name: "Begin with a workflow" });
      await expect(first.or(page.getByRole("table", { name: "Workflows" }))).toBeVisible();
      if (await first.isVisible()) await page.getByRole("button", { name: card }).click();
      else await page.getByRole("button", { name: "New workflow" }).click();
      const dialog = page.getByRole("dialog", { name: "New workflow" });
      await dialog.getByRole("textbox", { name: "Name" }).fill(`${card} ${mode}`);
      await dialog.getByRole("radio", { name: mode === "sync" ? /^Wait/ : /^Answer at once/ }).check({ force: true });
      await dialog.getByRole("button", { name: /Start from/ }).click();
      await page.getByRole("option", { name: card }).click();
      await dialog.getByRole("button", { name: "Create" }).click();
      const field = page.getByRole("textbox", { name: "URL", exact: true });
      await expect(page.getByRole("textbox", { name: "Name of the workflow" })).toHaveValue(`${card} ${mode}`);
      for (const [body, status] of calls[mode]) expect((await server.send(await field.inputValue(), body)).status).toBe(status);
    }
  }
});

test("a switch turns at once, is undone, and says so; what the server refuses is taken back", async ({ page, server, watch }) => {
  const { key, url } = await server.workflow(PAYMENT);
  await page.goto("/workflows");
  const onOff = page.getByRole("switch", { name: "Payment callback is on" });
  await expect(onOff).toBeChecked();
  await row(page, "Payment callback").locator("label").filter({ has: onOff }).click();
  await expect(onOff).not.toBeChecked();
  const said = page.getByRole("region", { name: "Messages" });
  await expect(said).toContainText("“Payment callback” is off.");
  await expect.poll(async () => (await server.send(url, {})).status).toBe(404);
  await said.getByRole("button", { name: "Undo" }).click();
  await expect(onOff).toBeChecked();
  await expect.poll(async () => (await server.api("GET", `/workflows/${key}`)).enabled).toBe(true);
  watch.allow.push(/503/);
  await page.route(`**/workflows/${key}`, (route) =>
    route.fulfill({ status: 503, contentType: "application/problem+json", json: { code: "server.unavailable", detail: "Not now." } }),
  );
  await row(page, "Payment callback").locator("label").filter({ has: onOff }).click();
  await expect(said).toContainText("Not now.");
  await expect(onOff).toBeChecked();
});

test("what was never published says why it cannot answer, and is published from there", async ({ page, server }) => {
  const { key, url } = await server.api("POST", "/workflows", { hookflow: 1, mode: "sync", ...PAYMENT });
  await page.goto("/workflows");
  await expect(row(page, "Payment callback")).toContainText("never published");
  const onOff = page.getByRole("switch", { name: "Payment callback is on" });
  await row(page, "Payment callback").locator("label").filter({ has: onOff }).click();
  const asked = page.getByRole("dialog", { name: "“Payment callback” was never published" });
  await asked.getByRole("button", { name: "Publish and turn on" }).click();
  await expect(onOff).toBeChecked();
  expect((await server.send(url, { order: { id: 1, status: "paid" } })).status).toBe(200);
  // A draft with problems says which, and leads to its editor.
  const { flow } = await server.api("GET", `/workflows/${key}/draft`);
  const other = await server.api("POST", "/workflows", { hookflow: 1, mode: "sync", ...PAYMENT, title: "Broken" });
  await server.api("PUT", `/workflows/${other.key}/draft`, { ...flow, nodes: [{ key: "r", kind: "nothing", config: {} }] }, { "if-match": "*" });
  await expect(row(page, "Broken")).toBeVisible();
  await row(page, "Broken").locator("label").filter({ has: page.getByRole("switch") }).click();
  const broken = page.getByRole("dialog", { name: "“Broken” was never published" });
  await expect(broken).toContainText("1 problem has to be mended first");
  await expect(broken).toContainText("/nodes/0/kind");
  await expect(broken.getByRole("button", { name: "Publish and turn on" })).toHaveCount(0);
  await broken.getByRole("button", { name: "Open the editor" }).click();
  await expect(page).toHaveURL(new RegExp(other.key));
});

test("search, tag and state stand in the address and come back with it; nothing found says so", async ({ page, server, context }) => {
  await server.workflow({ ...PAYMENT, tags: ["money"] });
  await server.workflow({ ...PAYMENT, title: "CRM lead", tags: ["sales", "money"], enabled: false });
  await page.goto("/workflows");
  await expect(page.getByRole("row")).toHaveCount(3);
  await page.keyboard.press("/");
  await page.keyboard.type("crm");
  await expect(page.getByRole("row")).toHaveCount(2);
  await page.getByRole("combobox", { name: /On or off/ }).selectOption("Off");
  await page.getByRole("combobox", { name: /Tag/ }).selectOption("sales");
  const again = await context.newPage();
  await again.goto(page.url());
  await expect(row(again, "CRM lead")).toBeVisible();
  await expect(again.getByRole("row")).toHaveCount(2);
  await expect(again.getByRole("searchbox", { name: "Search workflows" })).toHaveValue("crm");
  await again.getByRole("searchbox", { name: "Search workflows" }).fill("zzz");
  await expect(again.getByRole("heading", { name: "Nothing matches" })).toBeVisible();
  await expect(again.getByText("No workflow matches “zzz”.")).toBeVisible();
  await again.getByRole("button", { name: "Clear filters" }).click();
  await expect(again.getByRole("row")).toHaveCount(3);
});

test("the last day stands in the row: counts, and failures as a way to them; a draft that differs is marked", async ({ page, server }) => {
  const { key, url } = await server.workflow(PAYMENT);
  for (let call = 0; call < 3; call++) await server.send(url, { order: { id: 1, status: "paid" } });
  const failing = await server.workflow({
    title: "Failing",
    trigger: { kind: "webhook" },
    nodes: [{ key: "end", kind: "end", config: { status: "failed" } }],
  });
  await server.send(failing.url, {});
  await page.goto("/workflows");
  await expect(row(page, "Payment callback")).toContainText("3 ok");
  await expect(row(page, "Payment callback").getByRole("list", { name: "Calls by the hour" })).toContainText("3 succeeded, 0 failed");
  await expect(row(page, "Payment callback").getByText("draft", { exact: true })).toHaveCount(0);
  const failures = row(page, "Failing").getByRole("link", { name: "1 failed" });
  await expect(failures).toHaveAttribute("href", new RegExp(`/executions\\?workflow=${failing.key}&status=failed`));
  const { flow } = await server.api("GET", `/workflows/${key}/draft`);
  await server.api("PUT", `/workflows/${key}/draft`, { ...flow, nodes: [] }, { "if-match": "*" });
  await expect(row(page, "Payment callback").getByText("draft", { exact: true })).toBeVisible();
});

test("rows are gone through and chosen with keys, and switched together", async ({ page, server }) => {
  for (const title of ["A", "B", "C"]) await server.workflow({ ...PAYMENT, title });
  await page.goto("/workflows");
  await expect(page.getByRole("row")).toHaveCount(4);
  for (const key of ["j", "x", "j", "j", "k", "x"]) await page.keyboard.press(key);
  await expect(page.getByText("2 chosen")).toBeVisible();
  await page.getByRole("button", { name: "Turn off" }).click();
  await expect(page.getByRole("region", { name: "Messages" })).toContainText("2 workflows are off.");
  await expect.poll(async () => (await server.api("GET", "/workflows")).items.map((each: any) => each.enabled)).toEqual([false, false, true]);
  await page.getByRole("button", { name: "Tags" }).click();
  await page.getByRole("dialog").getByRole("textbox", { name: "New tag" }).fill("new");
  await page.keyboard.press("Enter");
  await expect(row(page, "C")).toContainText("new");
  await expect(row(page, "A")).not.toContainText("new");
});

test("what was called in the last days asks for its name before it is deleted, and can be exported first", async ({ page, server }) => {
  const quiet = await server.workflow({ ...PAYMENT, title: "Quiet" });
  const { url } = await server.workflow(PAYMENT);
  await server.send(url, {});
  await page.goto("/workflows");
  const ask = async (title: string) => {
    await page.getByRole("button", { name: `More about ${title}` }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    return page.getByRole("alertdialog", { name: `Delete “${title}”?` });
  };
  const dialog = await ask("Payment callback");
  const confirm = dialog.getByRole("button", { name: "Delete for good" });
  const name = dialog.getByRole("textbox", { name: /Type its name/ });
  await expect(name).toBeVisible();
  await expect(confirm).toBeDisabled();
  await name.fill("Payment");
  await expect(confirm).toBeDisabled();
  const download = page.waitForEvent("download");
  await dialog.getByRole("button", { name: "Export it first" }).click();
  const file = await (await download).path();
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ hookflow: 1, title: "Payment callback" });
  expect((await download).suggestedFilename()).toBe("Payment-callback.json");
  await name.fill("Payment callback");
  await confirm.click();
  await expect(row(page, "Payment callback")).toHaveCount(0);
  expect((await server.send(url, {})).status).toBe(404);
  const other = await ask("Quiet");
  await other.getByRole("button", { name: "Delete for good" }).click();
  await expect(page.getByRole("heading", { name: "Begin with a workflow" })).toBeVisible();
  await expect(server.api("GET", `/workflows/${quiet.key}`)).rejects.toThrow(/404/);
});

test("documents are checked before they are imported, and say what they would do", async ({ page, server }) => {
  const { key } = await server.workflow(PAYMENT);
  const known = await server.api("GET", `/workflows/${key}/export`);
  await page.goto("/workflows");
  await page.getByRole("button", { name: "Import" }).click();
  const dialog = page.getByRole("dialog", { name: "Import workflows" });
  const text = dialog.getByRole("textbox", { name: "Or paste the text" });
  await text.fill("hookflow: 1\ntitle: A");
  await expect(dialog).toContainText("This looks like YAML");
  const { key: _, ...fresh } = { ...known, title: "Imported" };
  await text.fill(JSON.stringify([{ ...fresh, mode: "nearly" }]));
  await expect(dialog.getByRole("list", { name: "What is in it" })).toContainText("1 problem");
  await expect(dialog.getByRole("list", { name: "What is in it" })).toContainText("/mode");
  await expect(dialog.getByRole("button", { name: /^Import 1/ })).toBeDisabled();
  await text.fill(JSON.stringify([fresh, known]));
  await expect(dialog.getByRole("listitem").filter({ hasText: "Imported" })).toContainText("new");
  await expect(dialog.getByRole("listitem").filter({ hasText: "Payment callback" })).toContainText("changes “Payment callback”");
  await dialog.getByText("Make them live at once").click();
  await dialog.getByRole("button", { name: "Import 2 workflows" }).click();
  await expect(row(page, "Imported")).toBeVisible();
  const { items } = await server.api("GET", "/workflows");
  expect((await server.send(items[0].url, { order: { status: "paid", id: 5 } })).status).toBe(200);
});
