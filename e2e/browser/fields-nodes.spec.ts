// Conditions and answers are made in their drawers, and real calls get what was made.
import type { Page } from "@playwright/test";
import { PAYMENT, type Server } from "./server";
import { expect, test } from "./test";

const card = (page: Page, key: string) => page.locator(`button[data-stop="${key}"]`);
const field = (page: Page, pointer: string) => page.locator(`[data-pointer="${pointer}"] .cm-content`);

async function saved(page: Page) {
  await expect(page.getByRole("status", { name: "Draft" })).toContainText(/^Saved/);
}

async function add(page: Page, place: string, kind: string) {
  await page.locator(`[data-place="${place}"]`).click();
  await page.getByRole("searchbox", { name: "Add a node" }).fill(kind);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("complementary", { name: kind })).toBeVisible();
}

async function choose(page: Page, name: string, option: string) {
  await page.getByRole("button", { name: new RegExp(`${name}$`) }).click();
  await page.getByRole("option", { name: new RegExp(`^${option}`) }).first().click();
}

/** Off the field: what helps to fill it in is closed. */
async function leave(page: Page) {
  await expect(page.getByRole("listbox")).toHaveCount(0);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("region", { name: "Variables" })).toHaveCount(0);
}

async function publish(server: Server, page: Page, key: string) {
  await saved(page);
  await page.getByRole("button", { name: "Publish" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Publish" }).click();
  await expect.poll(async () => (await server.api("GET", `/workflows/${key}`)).revision).toBeGreaterThan(1);
}

test("10 a condition and two answers are made by hand; callers of both branches get theirs", async ({ page, server }) => {
  const { key, url } = await server.workflow({ ...PAYMENT, nodes: [] });
  await page.goto(`/workflows/${key}`);
  await add(page, "0", "Condition");
  await field(page, "/config/rule/left").click();
  await page.keyboard.type("{{stat");
  await expect(page.getByRole("option", { name: /^Status/ })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.locator(".cm-chip")).toHaveText("Status");
  await field(page, "/config/rule/right").click();
  await page.keyboard.type("paid");
  await expect(page.getByText("the branch “true” is taken")).toBeVisible();
  await leave(page);

  const answer = async (branch: string, status: string, name: string, variable: string) => {
    await add(page, `condition1.${branch}.0`, "Response");
    await page.getByRole("combobox", { name: "Status" }).fill(status);
    await page.keyboard.press("Tab");
    await page.getByRole("radio", { name: "JSON" }).check({ force: true });
    await field(page, "/config/body").click();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type(`{"${name}": `);
    await page.keyboard.press("ControlOrMeta+ ");
    await page.getByRole("option", { name: new RegExp(`^${variable} `) }).click();
    await page.keyboard.type("}");
    await expect(page.locator(".cm-chip")).toHaveCount(1);
    await leave(page);
  };
  await answer("true", "201", "received", "Order");
  await answer("false", "422", "wrong", "Status");
  await publish(server, page, key);

  const accepted = await server.send(url, { order: { id: 77, status: "paid" } });
  expect([accepted.status, await accepted.json()]).toEqual([201, { received: 77 }]);
  const refused = await server.send(url, { order: { id: 77, status: 'open "late"\n' } });
  expect([refused.status, await refused.json()]).toEqual([422, { wrong: 'open "late"\n' }]);
});

test("10 a rule of groups says with the last request what each row and the whole come to", async ({ page, server }) => {
  const { key, url } = await server.workflow(PAYMENT);
  await server.send(url, { order: { id: 5, status: "open", total: 250 } });
  await page.goto(`/workflows/${key}`);
  await card(page, "paid").click();
  await expect(page.getByText("the branch “false” is taken")).toBeVisible();
  await expect(page.getByText(/With the last request/).last()).toBeVisible();

  // By the keyboard: a second comparison, its type, its operator.
  await page.getByRole("button", { name: "Add a comparison" }).press("Enter");
  await expect(field(page, "/config/rule/all/1/left")).toBeFocused();
  await page.keyboard.type("{{total");
  await expect(page.getByRole("option", { name: /order.total/ })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.locator(".cm-chip")).toHaveCount(2);
  const second = page.locator('[data-pointer="/config/rule/all/1"]');
  await second.getByRole("button", { name: /Type$/ }).click();
  await page.getByRole("option", { name: "number" }).click();
  await second.getByRole("textbox", { name: "Compared with" }).fill("100");
  await second.getByRole("button", { name: /Operator$/ }).click();
  // A number neither starts with anything nor matches a pattern.
  await expect(page.getByRole("option", { name: "starts with" })).toHaveCount(0);
  await page.getByRole("option", { name: "is greater than" }).click();
  await expect(second).toContainText("250 is greater than 100");
  await expect(second).toContainText("true");
  await expect(page.getByText("the branch “false” is taken")).toBeVisible();

  await page.getByRole("button", { name: /How many have to hold$/ }).click();
  await page.getByRole("option", { name: "Any of these" }).click();
  await expect(page.getByText("the branch “true” is taken")).toBeVisible();

  // The first row negated by its menu, the second one removed.
  await page.getByRole("button", { name: "More for this comparison" }).first().press("Enter");
  await page.getByRole("menuitem", { name: "Negate" }).press("Enter");
  await page.getByRole("button", { name: "More for this comparison" }).last().press("Enter");
  await page.getByRole("menuitem", { name: "Remove" }).press("Enter");
  await saved(page);
  const { flow } = await server.api("GET", `/workflows/${key}/draft`);
  expect(flow.nodes[0].config.rule).toEqual({
    any: [{ left: "{{ trigger.body.order.status }}", operator: "not_equal", right: "paid" }],
  });
});

test("a rule becomes an expression, and asks first where that says something else", async ({ page, server }) => {
  const { key } = await server.workflow(PAYMENT);
  await page.goto(`/workflows/${key}`);
  await card(page, "paid").click();
  await page.getByRole("tab", { name: "Expression" }).click();
  await expect(field(page, "/config/rule/expression")).toHaveText('trigger.body.order.status = "paid"');
  await page.getByRole("button", { name: /^Undo/ }).click();
  await expect(page.getByRole("tab", { name: "Rule" })).toHaveAttribute("aria-selected", "true");
  await page.getByRole("button", { name: /Operator$/ }).click();
  await page.getByRole("option", { name: "contains", exact: true }).click();
  await page.getByRole("tab", { name: "Expression" }).click();
  const dialog = page.getByRole("alertdialog");
  await expect(dialog).toContainText("1 comparison means something slightly different");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("tab", { name: "Rule" })).toHaveAttribute("aria-selected", "true");
});

test("a condition without branches asks what becomes of their nodes", async ({ page, server }) => {
  const { key } = await server.workflow(PAYMENT);
  await page.goto(`/workflows/${key}`);
  await card(page, "paid").click();
  await page.getByText("Whether the flow goes on").click();
  const dialog = page.getByRole("alertdialog");
  await expect(dialog).toContainText("1 node of the branch “true” moves below");
  await expect(dialog).toContainText("1 node of the branch “false” is deleted");
  await dialog.getByRole("button", { name: "Take them away" }).click();
  await expect(card(page, "refuse")).toHaveCount(0);
  await saved(page);
  const { flow, problems } = await server.api("GET", `/workflows/${key}/draft`);
  expect(flow.nodes.map((node: { key: string }) => node.key)).toEqual(["paid", "accept"]);
  expect(problems).toEqual([]);
});

test("15 whatever a variable holds, the answer stays JSON; what would not is said where it stands", async ({ page, server }) => {
  const { key, url } = await server.workflow(PAYMENT);
  await page.goto(`/workflows/${key}`);
  await card(page, "accept").click();
  const body = field(page, "/config/body");
  await body.click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type('{"name": {{ trigger.body.name }}, "text": "Dear {{ trigger.body.name }}!"}');
  await expect(page.getByText(/Line 1, column 10: a variable stands inside quotes/).first()).toBeVisible();
  await saved(page);
  // Until it can be read the document keeps what it had.
  expect((await server.api("GET", `/workflows/${key}/draft`)).flow.nodes[0].branches.true[0].config.body).toEqual({
    received: "{{ trigger.body.order.id }}",
  });
  await page.locator(".cm-lintRange-error").first().hover();
  await page.getByRole("button", { name: "Put it in quotes" }).click();
  await expect(page.getByText(/stands inside quotes/)).toHaveCount(0);
  await expect(page.locator(".cm-chip")).toHaveCount(2);
  await publish(server, page, key);

  const name = 'O"Neil \\ \n {{ trigger.body.x }}';
  const sent = { name, order: { id: 1, status: "paid" } };
  const answer = await server.send(url, sent);
  expect(await answer.json()).toEqual({ name, text: `Dear ${name}!` });

  // The preview is what just went out, byte for byte.
  const bytes = await (await server.send(url, sent)).text();
  await page.getByRole("tab", { name: "Preview" }).click();
  await expect(page.locator("pre")).toHaveText(bytes);
  await expect(page.getByText("200 OK")).toBeVisible();
});

test("HTML brings its Content-Type, any status can be set, and what may not be set is said under its field", async ({ page, server }) => {
  const { key, url } = await server.workflow(PAYMENT);
  await page.goto(`/workflows/${key}`);
  await card(page, "accept").click();
  await page.getByRole("combobox", { name: "Status" }).fill("299");
  await page.keyboard.press("Tab");
  await page.getByRole("radio", { name: "HTML" }).check({ force: true });
  await field(page, "/config/body").click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("<p>Thank you</p>");
  await expect(page.getByRole("combobox", { name: "Headers: name 1" })).toHaveValue("Content-Type");
  await publish(server, page, key);
  const answer = await server.send(url, { order: { id: 1, status: "paid" } });
  expect([answer.status, answer.headers.get("content-type"), await answer.text()]).toEqual([
    299,
    "text/html; charset=utf-8",
    "<p>Thank you</p>",
  ]);

  await page.getByRole("button", { name: "Add a header" }).click();
  await page.keyboard.type("Content-Length");
  await expect(page.locator('[data-pointer="/config/headers/1/name"]')).toContainText("can't be set");
  await page.getByRole("combobox", { name: "Status" }).fill("700");
  await expect(page.getByText("A status is a number from 200 to 599.")).toBeVisible();
});

test("forms made of schemas say what each field is for, and write what the kind takes", async ({ page, server }) => {
  const { key } = await server.workflow({ ...PAYMENT, nodes: [] });
  await page.goto(`/workflows/${key}`);
  await add(page, "0", "Delay");
  await field(page, "/config/amount").click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("90");
  await choose(page, "Unit", "Seconds");
  await saved(page);
  await add(page, "1", "HTTP request");
  await choose(page, "Method", "POST");
  await field(page, "/config/url").click();
  await page.keyboard.type("https://shop.example/{{ord");
  await page.keyboard.press("Escape");
  await page.keyboard.type("er.id }}");
  await page.getByRole("button", { name: "Retry" }).click();
  await page.getByText("Try again after a failure").click();
  await page.getByRole("textbox", { name: "Attempts" }).fill("5");
  await page.keyboard.press("Tab");
  await saved(page);
  const { flow } = await server.api("GET", `/workflows/${key}/draft`);
  expect(flow.nodes.map((node: { config: unknown }) => node.config)).toEqual([
    { amount: 90, unit: "seconds" },
    { method: "POST", url: "https://shop.example/{{order.id }}", retry: { attempts: 5 } },
  ]);
});

test("a kind that the server does not know is shown and kept as it is", async ({ page, server }) => {
  const { key } = await server.workflow(PAYMENT);
  const { flow, edit } = await server.api("GET", `/workflows/${key}/draft`);
  flow.nodes.unshift({ key: "odd", kind: "from_elsewhere", config: { a: ["{{ trigger.body }}"] } });
  await server.api("PUT", `/workflows/${key}/draft`, flow, { "if-match": `"${edit}"` });
  await page.goto(`/workflows/${key}`);
  await card(page, "odd").click();
  await expect(page.getByText("no kind of node called from_elsewhere")).toBeVisible();
  const config = page.getByRole("textbox", { name: "Config" });
  await expect(config).toContainText('"{{ trigger.body }}"');
  await config.click();
  await page.keyboard.type("x");
  await expect(config).not.toContainText("x");
});
