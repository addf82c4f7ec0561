// Check 40: looking through many executions leaves nothing behind.
import { PAYMENT } from "./server";
import { expect, test } from "./test";

const MB = 1024 * 1024;

test("40 fifty executions later the page holds less than 150 MB", async ({ page, server, context }) => {
  const { url } = await server.workflow(PAYMENT);
  for (let id = 0; id < 51; id++) await (await server.send(url, { order: { id, status: id % 2 ? "paid" : "open" } })).text();
  const { items } = await server.api("GET", "/executions?limit=60");
  await page.goto(`/executions/${items[0].id}`);
  for (const { id } of items.slice(1)) {
    await page.keyboard.press("j");
    await expect(page).toHaveURL(new RegExp(id));
    await expect(page.locator("[data-stop]").first()).toBeVisible();
  }
  const devtools = await context.newCDPSession(page);
  await devtools.send("HeapProfiler.collectGarbage");
  const { usedSize } = await devtools.send("Runtime.getHeapUsage");
  console.log(`  ${(usedSize / MB).toFixed(1)} MB`);
  expect(usedSize).toBeLessThan(150 * MB);
});
