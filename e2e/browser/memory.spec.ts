// Check 40: looking through many executions leaves nothing behind.
import { PAYMENT } from "./server";
import { expect, test } from "./test";

const MB = 1024 * 1024;

test("40 fifty executions later the page holds less than 150 MB", async ({ page, server, context }) => {
  const { url } = await server.workflow(PAYMENT);
  for (let id = 0; id < 70; id++) await (await server.send(url, { order: { id, status: id % 2 ? "paid" : "open" } })).text();
  // Every one has ended and stands in the list before they are gone through.
  await expect.poll(async () => (await server.api("GET", "/executions?status=succeeded&limit=100")).items.length).toBe(70);
  const { items } = await server.api("GET", "/executions?limit=100");
  await page.goto(`/executions/${items[0].id}`);
  for (let seen = 0; seen < 50; seen++) {
    const before = page.url();
    // A key pressed while the list of neighbors is on its way leads nowhere.
    await expect(async () => {
      if (page.url() === before) await page.keyboard.press("j");
      await expect(page).not.toHaveURL(before, { timeout: 1_000 });
    }).toPass();
    await expect(page.locator("[data-stop]").first()).toBeVisible();
  }
  const devtools = await context.newCDPSession(page);
  await devtools.send("HeapProfiler.collectGarbage");
  const { usedSize } = await devtools.send("Runtime.getHeapUsage");
  console.log(`  ${(usedSize / MB).toFixed(1)} MB`);
  expect(usedSize).toBeLessThan(150 * MB);
});
