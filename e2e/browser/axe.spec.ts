// Check 28: every page and everything that opens on it, light and dark, by axe's rules.
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";
import { type LivedIn, liveIn } from "./lived-in";
import { expect, test } from "./test";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

interface Found {
  id: string;
  impact: string;
  help: string;
  nodes: { html: string; failureSummary: string }[];
}

/** What axe calls serious or critical on the page as it stands. */
async function axe(page: Page, where: string) {
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run: (root: Document, options: object) => Promise<{ violations: Found[] }> };
    };
    const { violations } = await axe.run(document, {
      resultTypes: ["violations"],
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    });
    return violations;
  });
  const grave = found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(
      ({ id, help, nodes }) =>
        `${where}: ${id}: ${help}\n${nodes.map(({ html, failureSummary }) => `    ${html}\n    ${failureSummary}`).join("\n")}`,
    );
  expect.soft(grave.join("\n")).toBe("");
}

/** Pages, a few to a test, so that tests run beside each other. */
const PLACES: Record<string, (lived: LivedIn) => string[]> = {
  lists: () => ["/workflows", "/executions", "/requests", "/nowhere"],
  "the editor of a callback": ({ payment }) => [`/workflows/${payment.key}`],
  "the editor with calls": ({ orders }) => [`/workflows/${orders.key}`],
  details: ({ succeeded, failed, waiting, refused }) => [
    `/executions/${succeeded}`,
    `/executions/${failed}`,
    `/executions/${waiting}`,
    `/requests/${refused}`,
  ],
  settings: () => ["profile", "users", "tokens", "secrets", "server", "about"].map((part) => `/settings/${part}`),
};

for (const scheme of ["light", "dark"] as const) {
  for (const [what, places] of Object.entries(PLACES)) {
    test(`28 axe finds nothing serious in ${what}, ${scheme}`, async ({ page, server }) => {
      test.setTimeout(180_000);
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      // Into the page's world past its policy: by the protocol, as an extension would.
      await page.addInitScript({ path: AXE });
      const lived = await liveIn(server);
      for (const place of places(lived)) await look(page, place);
      lived.end();
    });
  }
}

/** A page as it opens, with each stop's drawer and tab, with each of its menus. */
async function look(page: Page, place: string) {
  await page.goto(place);
  await expect(page.locator("h1")).toHaveCount(1);
  await expect(page.locator('[role="status"].animate-pulse')).toHaveCount(0);
  await axe(page, place);
  expect(await page.locator("html").getAttribute("lang")).toBe("en");
  await expect(page.getByRole("main")).toHaveCount(1);
  await expect(page.getByRole("navigation").first()).toBeVisible();
  const seen = new Set<string>();
  for (const stop of await page.locator("[data-stop]").all()) {
    await stop.click();
    await axe(page, `${place} with the stop ${await stop.getAttribute("data-stop")}`);
    for (const tab of await page.getByRole("tab").all()) {
      const name = (await tab.textContent()) ?? "";
      if (!(await tab.isVisible()) || seen.has(name)) continue;
      seen.add(name);
      await tab.click();
      await axe(page, `${place}, tab ${name}`);
    }
  }
  // Menus of the page, one after the other.
  const menus = page.locator('main [aria-haspopup="true"], main [aria-haspopup="menu"], main [aria-haspopup="listbox"]');
  for (const trigger of (await menus.all()).slice(0, 6)) {
    if (!(await trigger.isVisible()) || !(await trigger.isEnabled())) continue;
    await trigger.click();
    await axe(page, `${place} with a menu open`);
    await page.keyboard.press("Escape");
  }
}
