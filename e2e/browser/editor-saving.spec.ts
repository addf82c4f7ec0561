// Nothing that was typed is lost: by a killed tab, without a network, or to somebody else's save.
import type { Page } from "@playwright/test";
import { PAYMENT } from "./server";
import { expect, test } from "./test";

const card = (page: Page, key: string) => page.locator(`button[data-stop="${key}"]`);
const draftState = (page: Page) => page.getByRole("status", { name: "Draft" });

async function rename(page: Page, key: string, title: string) {
  await card(page, key).click();
  await page.getByRole("textbox", { name: "Name of the node" }).fill(title);
}

test("18 a tab that is killed soon after typing loses nothing", async ({ page, server, context }) => {
  const { key } = await server.workflow(PAYMENT);
  await page.goto(`/workflows/${key}`);
  // The tab may take longer to die than the editor waits before it saves: no save gets out.
  await page.route(`**/workflows/${key}/draft`, (route) =>
    route.request().method() === "GET" ? route.continue() : undefined,
  );
  await rename(page, "accept", "Typed and gone");
  await new Promise((resolve) => setTimeout(resolve, 300));
  // Without a word to the page.
  const killer = await context.newCDPSession(page);
  const dead = page.waitForEvent("crash");
  killer.send("Page.crash").catch(() => {});
  await dead;
  expect((await server.api("GET", `/workflows/${key}/draft`)).edit).toBe(1);
  const again = await context.newPage();
  await again.goto(`/workflows/${key}`);
  await expect(card(again, "accept")).toContainText("Typed and gone");
  await expect(draftState(again)).toContainText(/^Saved/);
  const { flow } = await server.api("GET", `/workflows/${key}/draft`);
  expect(flow.nodes[0].branches.true[0].title).toBe("Typed and gone");
});

test("18 without a network edits stay in this browser, and go out when it is back", async ({
  page,
  server,
  context,
  watch,
}) => {
  watch.allow.push(/ERR_INTERNET_DISCONNECTED/);
  const { key } = await server.workflow(PAYMENT);
  await page.goto(`/workflows/${key}`);
  await card(page, "refuse").click();
  await expect(page.getByRole("textbox", { name: "Name of the node" })).toBeVisible();
  await page.waitForLoadState("networkidle");
  await context.setOffline(true);
  await rename(page, "accept", "Written offline");
  await expect(draftState(page)).toContainText("Offline, kept in this browser");
  await expect(page.getByRole("alert")).toContainText("The server does not answer");
  await context.setOffline(false);
  await expect(draftState(page)).toContainText(/^Saved/);
  await expect(page.getByRole("alert")).toHaveCount(0);
  const { flow } = await server.api("GET", `/workflows/${key}/draft`);
  expect(flow.nodes[0].branches.true[0].title).toBe("Written offline");
});

test("19 two windows edit the same node: the second is asked, and nothing goes live", async ({
  page,
  server,
  context,
  watch,
}) => {
  watch.allow.push(/409/, /ERR_INTERNET_DISCONNECTED/);
  const { key, url } = await server.workflow(PAYMENT);
  await page.goto(`/workflows/${key}`);
  await card(page, "refuse").click();
  await expect(page.getByRole("textbox", { name: "Name of the node" })).toBeVisible();
  await page.waitForLoadState("networkidle");
  // The second window hears nothing while the first one saves.
  await context.setOffline(true);
  await rename(page, "accept", "Mine");
  await expect(draftState(page)).toContainText("Offline");
  const { flow, edit } = await server.api("GET", `/workflows/${key}/draft`);
  flow.nodes[0].branches.true[0].title = "Theirs";
  flow.nodes[0].branches.false[0].title = "Theirs too";
  await server.api("PUT", `/workflows/${key}/draft`, flow, { "if-match": `"${edit}"` });
  await context.setOffline(false);
  const dialog = page.getByRole("dialog", { name: "Changed elsewhere too" });
  await expect(dialog).toContainText("Mine");
  await expect(dialog).toContainText("Theirs");
  expect((await server.api("GET", `/workflows/${key}/draft`)).flow).toEqual(flow);
  await dialog.getByText("Keep theirs", { exact: true }).click();
  await dialog.getByRole("button", { name: "Save my choice" }).click();
  await expect(draftState(page)).toContainText(/^Saved/);
  await expect(card(page, "accept")).toContainText("Theirs");
  await expect(card(page, "refuse")).toContainText("Theirs too");
  // What I had is one undo away.
  await page.getByRole("button", { name: /^Undo/ }).click();
  await expect(card(page, "accept")).toContainText("Mine");
  expect((await server.api("GET", `/workflows/${key}`)).revision).toBe(1);
  expect((await server.send(url, { order: { id: 1, status: "paid" } })).status).toBe(200);
});

test("19 what somebody else changes elsewhere comes in by itself", async ({ page, server }) => {
  const { key } = await server.workflow(PAYMENT);
  await page.goto(`/workflows/${key}`);
  await expect(card(page, "accept")).toBeVisible();
  const { flow, edit } = await server.api("GET", `/workflows/${key}/draft`);
  flow.nodes[0].title = "Renamed elsewhere";
  await server.api("PUT", `/workflows/${key}/draft`, flow, { "if-match": `"${edit}"` });
  await expect(card(page, "paid")).toContainText("Renamed elsewhere");
});

test("what was never loaded says so in its place when there is no network, and the page stays", async ({ page, server, context, watch }) => {
  watch.allow.push(/ERR_INTERNET_DISCONNECTED/, /Failed to fetch dynamically imported module/);
  const { key } = await server.workflow(PAYMENT);
  await page.goto(`/workflows/${key}`);
  await expect(card(page, "accept")).toBeVisible();
  await context.setOffline(true);
  await card(page, "accept").click();
  await expect(page.getByText("This part could not be loaded")).toBeVisible();
  await page.getByRole("textbox", { name: "Name of the node" }).fill("Kept all the same");
  await expect(card(page, "accept")).toContainText("Kept all the same");
  await context.setOffline(false);
  await expect(draftState(page)).toContainText(/^Saved/);
});
