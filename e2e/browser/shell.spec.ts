import { expect, test } from "./test";

test("every place of the menu opens with one heading", async ({ page }) => {
  await page.goto("/");
  for (const place of ["Workflows", "Executions", "Requests", "Settings"]) {
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: place }).click();
    await expect(page.locator("h1")).toHaveCount(1);
  }
});
