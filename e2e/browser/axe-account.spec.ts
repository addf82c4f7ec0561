// Check 28 for what is not a page behind the login: dialogs of the settings, palette, keys, menu, and the way in.
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";
import { expect, test } from "./test";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

interface Found {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

async function axe(page: Page, where: string) {
  const found = await page.evaluate(async (runOnly) => {
    const { axe } = window as unknown as { axe: { run: (root: Document, options: object) => Promise<{ violations: Found[] }> } };
    return (await axe.run(document, { resultTypes: ["violations"], runOnly })).violations;
  }, RULES);
  const grave = found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`).join("\n")}`);
  expect.soft(grave, where).toEqual([]);
}

for (const scheme of ["light", "dark"] as const) {
  test(`28 axe finds nothing serious in what opens, nor on the way in, ${scheme}`, async ({ page, visitor, server, watch }) => {
    watch.allow.push(/401 \(Unauthorized\)/);
    for (const each of [page, visitor]) {
      await each.addInitScript({ path: AXE });
      await each.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    }
    const open = page.getByRole("dialog");
    await server.api("POST", "/users", { email: "grace@example.com", name: "Grace", role: "viewer" });
    for (const [part, button] of [["users", "Invite"], ["tokens", "New token"], ["secrets", "Add a secret"]] as const) {
      await page.goto(`/settings/${part}`);
      await page.getByRole("button", { name: button }).click();
      await expect(open).toBeVisible();
      await axe(page, button);
      await page.keyboard.press("Escape");
      await expect(open).toHaveCount(0);
    }
    await page.keyboard.press("Control+k");
    await expect(open).toBeVisible();
    await axe(page, "palette");
    await page.keyboard.type("se");
    await axe(page, "palette with something typed");
    await page.goto("/settings/profile");
    await expect(page.getByRole("heading", { level: 2 }).first()).toBeVisible();
    await page.keyboard.press("?");
    await expect(open).toBeVisible();
    await axe(page, "keys");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: /^Account/ }).click();
    await expect(page.getByRole("menu")).toBeVisible();
    await axe(page, "account menu");
    await page.keyboard.press("Escape");
    await page.context().clearCookies();
    await page.getByLabel("Name").fill("Augusta Ada King");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(open).toBeVisible();
    await axe(page, "login over the page");
    await visitor.goto("/login");
    await visitor.getByRole("button", { name: "Log in" }).click();
    await axe(visitor, "login");
    await visitor.goto("/invite#hookflow_x");
    await expect(visitor.getByRole("heading", { level: 1 })).toBeVisible();
    await axe(visitor, "invite");
  });
}
