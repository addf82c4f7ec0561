// What is published answers; what was once live can be live again.
import type { Page } from "@playwright/test";
import { PAYMENT } from "./server";
import { expect, test } from "./test";

const card = (page: Page, key: string) => page.locator(`button[data-stop="${key}"]`);
const PAID = { order: { id: 7, status: "paid" } };

test("publishing changes what answers, and an old revision is made live again", async ({ page, server }) => {
  const { key, url } = await server.workflow(PAYMENT);
  await page.goto(`/workflows/${key}`);
  await card(page, "accept").focus();
  await page.keyboard.press("e");
  await expect(page.getByRole("status", { name: "Draft" })).toContainText("1 change");
  expect(await (await server.send(url, PAID)).json()).toEqual({ received: 7 });

  await page.getByRole("button", { name: "Publish" }).click();
  const sheet = page.getByRole("dialog", { name: "Publish the draft" });
  await expect(sheet.getByRole("list", { name: "Changes" })).toContainText("Response disabled");
  await sheet.getByRole("textbox", { name: "Note" }).fill("No word to the caller");
  await sheet.getByRole("button", { name: "Publish" }).click();
  await expect(page.getByText("Revision 2 is live.")).toBeVisible();
  expect(await (await server.send(url, PAID)).text()).toBe("");

  await page.getByRole("banner").or(page.locator("header")).getByRole("button", { name: "More" }).first().click();
  await page.getByRole("menuitem", { name: "Revisions" }).click();
  const revisions = page.getByRole("dialog", { name: "Revisions" });
  await expect(revisions).toContainText("No word to the caller");
  await revisions.getByRole("button", { name: /Revision 1/ }).click();
  await revisions.getByRole("tab", { name: "Compare" }).click();
  await expect(revisions.getByRole("list", { name: "Changes" })).toContainText("disabled");
  await revisions.getByRole("button", { name: "Make live" }).click();
  await expect(page.getByText("Revision 1 is live.")).toBeVisible();
  await expect.poll(async () => (await server.send(url, PAID)).text()).toBe('{"received":7}');
  await revisions.getByRole("button", { name: "Restore as draft" }).click();
  await expect(page.getByRole("status", { name: "Draft" })).toContainText(/^Saved/);
  await expect(page.getByRole("status", { name: "Draft" })).not.toContainText("change");
  await expect(card(page, "accept")).not.toContainText("disabled");
});

test("the mode is switched with what it costs, and back by undo", async ({ page, server }) => {
  const { key } = await server.workflow(PAYMENT);
  await page.goto(`/workflows/${key}`);
  await page.getByRole("button", { name: "Mode: Webhook · sync" }).click();
  await page.getByRole("menuitem", { name: /Answer at once/ }).click();
  const dialog = page.getByRole("dialog", { name: "Switch to asynchronous" });
  await expect(dialog.getByRole("listitem")).toHaveCount(2);
  await dialog.getByRole("button", { name: "Remove 2 nodes and switch" }).click();
  await expect(page.getByRole("button", { name: "Mode: Webhook · async" })).toBeVisible();
  await expect(card(page, "accept")).toHaveCount(0);
  await page.getByRole("button", { name: /^Undo/ }).first().click();
  await expect(page.getByRole("button", { name: "Mode: Webhook · sync" })).toBeVisible();
  await expect(card(page, "accept")).toBeVisible();
});
