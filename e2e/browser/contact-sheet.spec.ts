// Every screen, light and dark, wide and narrow, on one sheet to look at. `make screens` puts some of it into docs/.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { type LivedIn, liveIn } from "./lived-in";
import { expect, test } from "./test";

const OUT = new URL("../../target/browser/screens", import.meta.url).pathname;
const SIZES = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 800 } } as const;

interface Screen {
  name: string;
  place: (server: LivedIn) => string;
  /** What is done on the page before the picture. */
  then?: (page: Page) => Promise<void>;
}

const SCREENS: Screen[] = [
  { name: "workflows", place: () => "/workflows" },
  { name: "editor", place: ({ orders }) => `/workflows/${orders.key}` },
  { name: "trigger", place: ({ payment }) => `/workflows/${payment.key}`, then: (page) => open(page, "") },
  { name: "condition", place: ({ orders }) => `/workflows/${orders.key}`, then: (page) => open(page, "large") },
  { name: "response", place: ({ payment }) => `/workflows/${payment.key}`, then: (page) => open(page, "accept") },
  { name: "http-request", place: ({ orders }) => `/workflows/${orders.key}`, then: (page) => open(page, "find") },
  { name: "executions", place: () => "/executions" },
  { name: "execution", place: ({ succeeded }) => `/executions/${succeeded}` },
  { name: "failed", place: ({ failed }) => `/executions/${failed}` },
  { name: "requests", place: () => "/requests" },
  { name: "refused", place: ({ refused }) => `/requests/${refused}` },
  { name: "users", place: () => "/settings/users" },
  { name: "secrets", place: () => "/settings/secrets" },
  { name: "server", place: () => "/settings/server" },
];

/** On the canvas, or in the outline of a narrow screen. */
async function open(page: Page, key: string) {
  await page.locator(`[data-stop="${key}"]:visible`).first().click();
}

test("the contact sheet", async ({ page, server, browser }) => {
  test.setTimeout(240_000);
  mkdirSync(OUT, { recursive: true });
  const lived = await liveIn(server);
  await server.api("PUT", "/secrets/crm_token", { value: "not shown again" }).catch(() => undefined);
  const pictures: { name: string; theme: string; size: keyof typeof SIZES; png: Buffer }[] = [];
  for (const theme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    for (const size of ["wide", "narrow"] as const) {
      await page.setViewportSize(SIZES[size]);
      for (const { name, place, then } of SCREENS) {
        await page.goto(place(lived));
        await expect(page.locator("h1")).toHaveCount(1);
        await then?.(page);
        await expect(page.locator('[role="status"].animate-pulse')).toHaveCount(0);
        await page.mouse.move(0, 0);
        await page.waitForTimeout(250);
        // Nothing may stick out of the window to the right.
        expect
          .soft(
            await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth),
            `${name} ${theme} ${size} overflows`,
          )
          .toBe(true);
        const png = await page.screenshot();
        pictures.push({ name, theme, size, png });
        writeFileSync(`${OUT}/${name}-${theme}-${size}.png`, png);
      }
    }
  }
  const sheet = await browser.newPage({ viewport: { width: 1800, height: 1000 } });
  const cell = ({ name, theme, size, png }: (typeof pictures)[number]) =>
    `<figure><img src="data:image/png;base64,${png.toString("base64")}" height="${size === "wide" ? 260 : 260}"><figcaption>${name} · ${theme} · ${size}</figcaption></figure>`;
  const rows = SCREENS.map(
    ({ name }) =>
      `<div>${pictures
        .filter((each) => each.name === name)
        .map(cell)
        .join("")}</div>`,
  );
  await sheet.setContent(
    `<style>body{margin:24px;background:#8b887d;font:12px sans-serif}div{display:flex;gap:16px;margin-bottom:16px}figure{margin:0}img{display:block;border-radius:6px}figcaption{padding-top:4px}</style>${rows.join("")}`,
  );
  await sheet.screenshot({ path: `${OUT}/contact-sheet.jpg`, type: "jpeg", quality: 72, fullPage: true });
  expect(readFileSync(`${OUT}/contact-sheet.jpg`).length).toBeGreaterThan(100_000);
  lived.end();
});
