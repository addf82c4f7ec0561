// Variables: found by name, path and value, put in where the cursor is, shown as one thing, said when they are broken.
import type { Page } from "@playwright/test";
import { PAYMENT } from "./server";
import { expect, test } from "./test";

const card = (page: Page, key: string) => page.locator(`button[data-stop="${key}"]`);
const field = (page: Page, pointer: string) => page.locator(`[data-pointer="${pointer}"] .cm-content`);
const picker = (page: Page) => page.getByRole("region", { name: "Variables" });

async function saved(page: Page) {
  await expect(page.getByRole("status", { name: "Draft" })).toContainText(/^Saved/);
}

/** A call in each branch, and text answers that can be written into. */
const CALLS = {
  ...PAYMENT,
  nodes: [
    {
      ...PAYMENT.nodes[0],
      branches: {
        true: [
          { key: "ship", kind: "http_request", title: "Ship it", config: { url: "http://127.0.0.1:1/ship" } },
          { key: "accept", kind: "response", config: { status: 200, body: "Order " } },
        ],
        false: [
          { key: "warn", kind: "http_request", title: "Warn them", config: { url: "http://127.0.0.1:1/warn" } },
          { key: "refuse", kind: "response", config: { status: 422, body: "no" } },
        ],
      },
    },
  ],
};

test("14 the picker opens with the field, finds by name, path and value, and puts in at the cursor", async ({ page, server }) => {
  const { key, url } = await server.workflow(PAYMENT);
  await server.send(`${url}?campaign=winter`, { order: { id: 4711, status: "paid", note: "by bicycle" } });
  const { flow, edit } = await server.api("GET", `/workflows/${key}/draft`);
  flow.nodes[0].branches.true[0].config.body = "Order ";
  await server.api("PUT", `/workflows/${key}/draft`, flow, { "if-match": `"${edit}"` });
  await page.goto(`/workflows/${key}`);
  await card(page, "accept").click();
  await expect(picker(page)).toHaveCount(0);
  const body = field(page, "/config/body");
  await body.click();
  await page.keyboard.press("ControlOrMeta+End");
  await expect(picker(page)).toContainText("With the last request");

  // Into the search without the pointer, and found by the value that came in: nobody declared it.
  await page.keyboard.press("ControlOrMeta+ ");
  await expect(page.getByRole("listbox")).toBeVisible();
  await page.keyboard.press("ControlOrMeta+ ");
  const search = picker(page).getByRole("searchbox");
  await expect(search).toBeFocused();
  const found = () => picker(page).getByRole("row").evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset.key));
  await page.keyboard.type("bicycle");
  await expect.poll(found).toEqual(["trigger.body", "trigger.body.order", "trigger.body.order.note"]);
  await search.fill("campaign");
  await expect.poll(found).toEqual(["trigger.query", "trigger.query.campaign"]);
  await search.fill("Status");
  await expect.poll(found).toContain("trigger.body.order.status");
  await search.fill("nothing of this kind");
  await expect(picker(page)).toContainText("No variable has “nothing of this kind”");

  await search.fill("4711");
  await page.keyboard.press("Enter");
  await expect(body).toBeFocused();
  await expect(page.locator(".cm-chip")).toHaveText("Order");
  await expect(picker(page)).toBeVisible();
  await page.keyboard.type(", ");

  // In the tree by arrows; Ctrl+Enter closes.
  await page.keyboard.press("ControlOrMeta+ ");
  await page.keyboard.press("ControlOrMeta+ ");
  await search.fill("note");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await expect(picker(page).getByRole("row", { name: /note/ })).toBeFocused();
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect(picker(page)).toHaveCount(0);
  await expect(body).toBeFocused();
  await saved(page);
  const written = async () => (await server.api("GET", `/workflows/${key}/draft`)).flow.nodes[0].branches.true[0].config.body;
  expect(await written()).toBe("Order {{ trigger.body.order.id }}, {{ trigger.body.order.note }}");

  // A chip goes as a whole.
  await page.keyboard.press("Backspace");
  await expect(page.locator(".cm-chip")).toHaveCount(1);
  await expect(body).toHaveText("Order Order, ");
  await page.keyboard.press("ControlOrMeta+z");
  await expect(page.locator(".cm-chip")).toHaveCount(2);
  await expect(body).toBeFocused();
});

test("14 what ran in the other branch is absent, what ran before is there", async ({ page, server }) => {
  const { key } = await server.workflow(CALLS);
  await page.goto(`/workflows/${key}`);
  await card(page, "accept").click();
  await field(page, "/config/body").click();
  await expect(picker(page).getByRole("row", { name: /Ship it/ })).toBeVisible();
  await expect(picker(page).getByRole("row", { name: /Paid\?/ })).toBeVisible();
  await expect(picker(page).getByRole("row", { name: /Warn them/ })).toHaveCount(0);
  await expect(picker(page).getByRole("row", { name: /Secrets/ })).toHaveCount(0);
  await page.keyboard.press("Escape");
  await card(page, "warn").click();
  await field(page, "/config/url").click();
  await expect(picker(page).getByRole("row", { name: /Secrets/ })).toBeVisible();
  await expect(picker(page).getByRole("row", { name: /Ship it/ })).toHaveCount(0);
});

test("a chip says its value, opens as text, and what a text comes to stands below", async ({ page, server }) => {
  const { key, url } = await server.workflow(CALLS);
  await server.send(url, { order: { id: 1042, status: "open" } });
  await page.goto(`/workflows/${key}`);
  await card(page, "ship").click();
  const address = field(page, "/config/url");
  await address.click();
  await page.keyboard.press("End");
  await page.keyboard.type("/{{ trigger.body.order.id }}");
  await expect(page.locator(".cm-chip")).toHaveText("Order");
  await expect(page.locator("[data-preview]")).toContainText("http://127.0.0.1:1/ship/1042");
  await page.locator(".cm-chip").hover();
  await expect(page.locator(".cm-chip-tip")).toContainText("1042");
  await page.keyboard.press("F2");
  await expect(page.locator(".cm-chip")).toHaveCount(0);
  await expect(address).toContainText("{{ trigger.body.order.id }}");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.type("x");
  await page.keyboard.press("Home");
  await expect(page.locator("[data-preview]")).toContainText("Missing in this request: trigger.body.order.idx");
});

test("broken references are marked with why, and heal when what they read is back", async ({ page, server }) => {
  const { key } = await server.workflow(CALLS);
  const { flow, edit } = await server.api("GET", `/workflows/${key}/draft`);
  flow.nodes[0].branches.true[1].config.body = "Sent: {{ nodes.ship.status }}";
  await server.api("PUT", `/workflows/${key}/draft`, flow, { "if-match": `"${edit}"` });
  await page.goto(`/workflows/${key}`);
  await card(page, "accept").click();
  const chip = page.locator(".cm-chip");
  await expect(chip).toHaveText("ship.status");
  await expect(chip).not.toHaveClass(/broken/);
  await card(page, "ship").focus();
  await page.keyboard.press("Delete");
  await expect(card(page, "ship")).toHaveCount(0);
  await expect(chip).toHaveClass(/cm-chip-broken/);
  await chip.hover();
  await expect(page.locator(".cm-chip-tip")).toContainText("Not available here: this flow has no such node.");
  await card(page, "accept").focus();
  await page.keyboard.press("ControlOrMeta+z");
  await expect(card(page, "ship")).toBeVisible();
  await expect(chip).not.toHaveClass(/broken/);
});

test("16 a problem leads to its field", async ({ page, server }) => {
  const { key } = await server.workflow(CALLS);
  const { flow, edit } = await server.api("GET", `/workflows/${key}/draft`);
  flow.nodes[0].branches.true[1].config.headers = [{ name: "X-A", value: "{{ nodes.gone.b }}" }];
  await server.api("PUT", `/workflows/${key}/draft`, flow, { "if-match": `"${edit}"` });
  await page.goto(`/workflows/${key}`);
  await card(page, "accept").click();
  await page.getByRole("button", { name: /nodes\.gone\.b reads the node gone/ }).click();
  await expect(field(page, "/config/headers/0/value")).toBeFocused();
  await expect(field(page, "/config/headers/0/value")).toHaveAttribute("aria-invalid", "true");
});

test("13 typing in fields is undone step by step, in the field and outside of it", async ({ page, server }) => {
  const { key } = await server.workflow(CALLS);
  await page.goto(`/workflows/${key}`);
  await card(page, "accept").click();
  const body = field(page, "/config/body");
  await body.click();
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.type("one");
  await page.getByRole("combobox", { name: "Status" }).fill("202");
  await body.click();
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.type(" two");
  await expect(body).toHaveText("Order one two");
  await page.keyboard.press("ControlOrMeta+z");
  await expect(body).toHaveText("Order one");
  await page.keyboard.press("ControlOrMeta+z");
  await expect(page.getByRole("combobox", { name: "Status" })).toHaveValue("200");
  await page.keyboard.press("ControlOrMeta+z");
  await expect(body).toHaveText("Order");
  await page.keyboard.press("ControlOrMeta+Shift+z");
  await page.keyboard.press("ControlOrMeta+y");
  await page.keyboard.press("ControlOrMeta+y");
  await expect(body).toHaveText("Order one two");
  await expect(page.getByRole("combobox", { name: "Status" })).toHaveValue("202");
});

test("29 the keyboard leaves a code field, and Esc closes what is innermost", async ({ page, server }) => {
  const { key } = await server.workflow(PAYMENT);
  await page.goto(`/workflows/${key}`);
  await card(page, "accept").click();
  const body = field(page, "/config/body");
  await body.click();
  await expect(body).toBeFocused();
  await expect(picker(page)).toBeVisible();
  await page.keyboard.press("ControlOrMeta+ ");
  await expect(page.getByRole("listbox")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("listbox")).toHaveCount(0);
  await expect(picker(page)).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(picker(page)).toHaveCount(0);
  await expect(page.getByRole("complementary", { name: "Response" })).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(body).not.toBeFocused();
  await page.keyboard.press("Shift+Tab");
  await expect(body).toBeFocused();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("complementary")).toHaveCount(0);
});

test("a field of one line stays one line", async ({ page, server }) => {
  const { key } = await server.workflow(CALLS);
  await page.goto(`/workflows/${key}`);
  await card(page, "ship").click();
  const address = field(page, "/config/url");
  await address.click();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await page.keyboard.type("/a");
  await address.evaluate((element) => {
    const pasted = new DataTransfer();
    pasted.setData("text/plain", "/b\n/c");
    element.dispatchEvent(new ClipboardEvent("paste", { clipboardData: pasted, bubbles: true, cancelable: true }));
  });
  await expect(address).toHaveText("http://127.0.0.1:1/ship/a/b /c");
  await expect(address.locator(".cm-line")).toHaveCount(1);
});
