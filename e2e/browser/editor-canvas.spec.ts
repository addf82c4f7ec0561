// Building a flow on the canvas: every place, by pointer and by keys, back and forth.
import type { Page } from "@playwright/test";
import { PAYMENT } from "./server";
import { expect, test } from "./test";

const REJOINS = {
  ...PAYMENT,
  nodes: [{ ...PAYMENT.nodes[0], branches: { true: [], false: [] } }],
};

const card = (page: Page, key: string) => page.locator(`button[data-stop="${key}"]`);

/** Keys in the order of the flow, branches in brackets: what the API says of the saved draft. */
function shape(nodes: any[]): string {
  return nodes
    .map(({ key, branches }) =>
      branches
        ? `${key}(${Object.values(branches)
            .map((each) => shape(each as any[]))
            .join("|")})`
        : key,
    )
    .join(" ");
}

async function saved(page: Page) {
  await expect(page.getByRole("status", { name: "Draft" })).toContainText(/^Saved/);
}

test("2 a workflow opens at its address, and its trigger's drawer opens from the card", async ({ page, server }) => {
  const { key } = await server.workflow(PAYMENT);
  await page.goto(`/workflows/${key}`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Payment callback");
  await card(page, "").click();
  await expect(page.getByRole("complementary", { name: "Webhook event" })).toBeVisible();
});

test("11 a node comes to every place that has a plus, in the order of the API", async ({ page, server }) => {
  const { key } = await server.workflow(REJOINS);
  await page.goto(`/workflows/${key}`);
  const put = async (place: string, kind: string) => {
    await page.locator(`[data-place="${place}"]`).click();
    await page.getByRole("searchbox", { name: "Add a node" }).fill(kind);
    await page.keyboard.press("Enter");
    await expect(page.locator('[data-region="drawer"]')).toBeVisible();
    await saved(page);
    return shape((await server.api("GET", `/workflows/${key}/draft`)).flow.nodes);
  };
  expect(await put("paid.true.0", "Delay")).toBe("paid(delay1|)");
  expect(await put("paid.false.0", "HTTP")).toBe("paid(delay1|http_request1)");
  expect(await put("0", "Delay")).toBe("delay2 paid(delay1|http_request1)");
  expect(await put("1", "Delay")).toBe("delay2 delay3 paid(delay1|http_request1)");
  expect(await put("3", "Response")).toBe("delay2 delay3 paid(delay1|http_request1) response1");
  // Reading order is that of the API.
  const order = await page
    .locator("button[data-stop]")
    .evaluateAll((cards) => cards.map((each) => (each as HTMLElement).dataset.stop));
  expect(order).toEqual(["", "delay2", "delay3", "paid", "delay1", "http_request1", "response1"]);
});

test("11 what answers a caller is listed in asynchronous flows, disabled, with the reason", async ({
  page,
  server,
}) => {
  const { key } = await server.workflow({ ...REJOINS, mode: "async" });
  await page.goto(`/workflows/${key}`);
  await page.locator('[data-place="0"]').click();
  const response = page.getByRole("menuitem", { name: /Response/ });
  await expect(response).toHaveAttribute("aria-disabled", "true");
  await expect(response).toContainText("Only in synchronous workflows");
});

test("12 a branching flow is built, published and found again by the keyboard alone", async ({ page, server }) => {
  const { key, url } = await server.workflow({ ...PAYMENT, nodes: [] });
  await page.goto(`/workflows/${key}`);
  await page.evaluate(() => {
    const pressed: string[] = [];
    Object.assign(window, { pressed });
    for (const name of ["mousedown", "pointerdown"]) {
      document.addEventListener(name, (event) => event.isTrusted && pressed.push(name), true);
    }
  });
  await expect(card(page, "")).toBeVisible();
  for (let tabs = 0; tabs < 40; tabs++) {
    await page.keyboard.press("Tab");
    if (await card(page, "").evaluate((element) => element === document.activeElement)) break;
  }
  await expect(card(page, "")).toBeFocused();
  await page.keyboard.press("c");
  await expect(page.getByRole("complementary", { name: "Condition" })).toBeVisible();
  // Whatever the form does with the focus, F6 leads back to the canvas.
  await page.getByRole("textbox", { name: "Name of the node" }).focus();
  await page.keyboard.press("Escape");
  await expect(card(page, "condition1")).toBeFocused();
  await expect(page.getByRole("complementary")).toHaveCount(0);
  await page.keyboard.press("a");
  await page.keyboard.type("response");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("complementary", { name: "Response" })).toBeVisible();
  await page.keyboard.press("F6");
  if (!(await card(page, "response1").evaluate((element) => element === document.activeElement)))
    await page.keyboard.press("F6");
  await expect(card(page, "response1")).toBeFocused();
  await page.keyboard.press("Alt+ArrowRight");
  await expect(card(page, "response1")).toBeFocused();
  await saved(page);
  expect(shape((await server.api("GET", `/workflows/${key}/draft`)).flow.nodes)).toBe("condition1(response1|)");
  await page.keyboard.press("ArrowUp");
  await expect(card(page, "condition1")).toBeFocused();
  await page.keyboard.press("e");
  await saved(page);
  await page.keyboard.press("p");
  const sheet = page.getByRole("dialog", { name: "Publish the draft" });
  await expect(sheet.getByRole("list", { name: "Changes" })).toContainText("Condition added");
  await sheet.getByRole("button", { name: "Publish" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByText("Revision 2 is live.")).toBeVisible();
  expect((await server.send(url, {})).status).toBe(200);
  expect(await page.evaluate(() => (window as any).pressed)).toEqual([]);
});

test("13 twenty edits of canvas and drawer go back to the start and forward again, over a reload", async ({
  page,
  server,
}) => {
  const { key } = await server.workflow(PAYMENT);
  const draft = async () => (await server.api("GET", `/workflows/${key}/draft`)).flow;
  const start = await draft();
  await page.goto(`/workflows/${key}`);
  await card(page, "paid").focus();
  const steps: (() => Promise<unknown>)[] = [];
  for (const name of ["accept", "refuse"]) {
    steps.push(
      () =>
        card(page, name)
          .focus()
          .then(() => page.keyboard.press("e")),
      () =>
        card(page, name)
          .focus()
          .then(() => page.keyboard.press("e")),
      async () => {
        await card(page, name).click();
        await page.getByRole("textbox", { name: "Name of the node" }).fill(`Named ${name}`);
      },
      () => page.getByRole("textbox", { name: "Note" }).fill(`About ${name}`),
      () => page.getByRole("switch", { name: /Disabled/ }).press("Space"),
      () =>
        card(page, name)
          .focus()
          .then(() => page.keyboard.press("Control+d")),
      () =>
        card(page, name)
          .focus()
          .then(() => page.keyboard.press("Alt+ArrowUp")),
      () =>
        card(page, name)
          .focus()
          .then(() => page.keyboard.press("Alt+ArrowRight")),
      () =>
        card(page, name)
          .focus()
          .then(() => page.keyboard.press("Alt+ArrowDown")),
      () =>
        card(page, name)
          .focus()
          .then(() => page.keyboard.press("Delete")),
    );
  }
  for (const step of steps) await step();
  await saved(page);
  const end = await draft();
  expect(end).not.toEqual(start);
  await page.reload();
  await expect(card(page, "paid")).toBeVisible();
  await card(page, "paid").focus();
  const undo = page.getByRole("button", { name: /^Undo/ });
  let undone = 0;
  for (; await undo.isEnabled(); undone++) await page.keyboard.press("Control+z");
  expect(undone).toBe(20);
  await saved(page);
  await expect.poll(draft).toEqual(start);
  const redo = page.getByRole("button", { name: /^Redo/ });
  await card(page, "paid").focus();
  while (await redo.isEnabled()) await page.keyboard.press("Control+Shift+z");
  await saved(page);
  await expect.poll(draft).toEqual(end);
});

test("17 what reads a deleted node is marked, stands in Publish's way, and is healed by undo", async ({
  page,
  server,
}) => {
  const { key } = await server.workflow({
    title: "Look up",
    trigger: { kind: "webhook" },
    nodes: [
      { key: "lookup", kind: "http_request", title: "Look up", config: { url: "https://crm.example/" } },
      { key: "answer", kind: "response", title: "Tell", config: { body: { found: "{{ nodes.lookup.body.name }}" } } },
    ],
  });
  await page.goto(`/workflows/${key}`);
  await card(page, "lookup").focus();
  await page.keyboard.press("Delete");
  await expect(page.getByText("Its result is still used in: Tell.")).toBeVisible();
  await expect(card(page, "answer")).toHaveAccessibleName(/1 problem/);
  await page.getByRole("button", { name: "Publish" }).click();
  const sheet = page.getByRole("dialog");
  await expect(sheet.getByRole("region", { name: "Problems that stand in the way" })).toContainText(
    "nodes.lookup.body.name",
  );
  await expect(sheet.getByRole("button", { name: "Publish" })).toBeDisabled();
  await page.keyboard.press("Escape");
  await page.getByRole("region", { name: "Messages" }).getByRole("button", { name: "Undo" }).click();
  await expect(card(page, "lookup")).toBeVisible();
  await expect(card(page, "answer")).not.toHaveAccessibleName(/problem/);
});

test("17 deleting a condition asks which branch to keep", async ({ page, server }) => {
  const { key } = await server.workflow(PAYMENT);
  await page.goto(`/workflows/${key}`);
  await card(page, "paid").focus();
  await page.keyboard.press("Delete");
  await page.getByRole("button", { name: "Keep branch false (1 node)" }).click();
  await saved(page);
  expect(shape((await server.api("GET", `/workflows/${key}/draft`)).flow.nodes)).toBe("refuse");
});

test("a node travels over the clipboard, and the card's menu has all of it", async ({ page, server, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const { key } = await server.workflow({
    ...REJOINS,
    nodes: [{ key: "wait", kind: "delay", config: { amount: 1, unit: "seconds" } }, ...REJOINS.nodes],
  });
  await page.goto(`/workflows/${key}`);
  await card(page, "wait").focus();
  await page.keyboard.press("Control+c");
  await card(page, "paid").focus();
  await page.keyboard.press("Control+v");
  await expect(card(page, "delay1")).toBeFocused();
  await page.keyboard.press("Shift+F10");
  await page.getByRole("menuitem", { name: "Wrap in a condition" }).click();
  await expect(card(page, "condition1")).toBeFocused();
  await saved(page);
  expect(shape((await server.api("GET", `/workflows/${key}/draft`)).flow.nodes)).toBe(
    "wait paid(|) condition1(delay1|)",
  );
});

test("29 focus goes into what opens and back to where it was", async ({ page, server }) => {
  const { key } = await server.workflow(PAYMENT);
  await page.goto(`/workflows/${key}`);
  await card(page, "accept").focus();
  await page.keyboard.press("F2");
  await expect(page.getByRole("textbox", { name: "Name", exact: true })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(card(page, "accept")).toBeFocused();
  await page.keyboard.press("Shift+F10");
  await expect(page.getByRole("menuitem", { name: "Open" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(card(page, "accept")).toBeFocused();
  await page.keyboard.press("Control+f");
  await page.keyboard.type("not paid");
  await page.keyboard.press("Enter");
  await expect(card(page, "refuse")).toBeFocused();
  const ring = await card(page, "refuse").evaluate((element) => getComputedStyle(element).outlineStyle);
  expect(ring).toBe("solid");
});
