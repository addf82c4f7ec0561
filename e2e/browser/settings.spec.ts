// The settings' parts, the palette and the keys that work everywhere.
import { ADMIN, PAYMENT } from "./server";
import { expect, test } from "./test";

test("a token is shown once, does what was ticked, and nothing once it is revoked", async ({ page, server }) => {
  await page.goto("/settings/tokens");
  await page.getByRole("button", { name: "New token" }).click();
  const asked = page.getByRole("dialog", { name: "New token" });
  await asked.getByRole("button", { name: "Make the token" }).click();
  await expect(asked.getByLabel("Name")).toHaveAccessibleDescription("Give a name.");
  await asked.getByLabel("Name").fill("deploy");
  await asked.getByText("Author", { exact: true }).click();
  await expect(asked.getByRole("checkbox", { name: /^Author/ })).toBeChecked();
  await asked.getByRole("button", { name: "Make the token" }).click();
  const shown = page.getByRole("dialog", { name: "Token deploy" });
  const token = await shown.getByLabel("Token", { exact: true }).inputValue();
  await shown.getByRole("button", { name: "Done" }).click();
  expect(await page.content()).not.toContain(token);

  const call = async (path: string) =>
    (await fetch(`${server.admin}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } })).status;
  expect(await call("/workflows")).toBe(200);
  expect(await call("/users")).toBe(403);
  await page.reload();
  const row = page.getByRole("row", { name: /deploy/ });
  await expect(row).toContainText("Read");
  await expect(row).toContainText("Author");
  await expect(row.locator("time")).toHaveCount(2);
  await row.getByRole("button", { name: "Revoke deploy" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Revoke" }).click();
  await expect(page.getByText("There are no tokens.")).toBeVisible();
  expect(await call("/workflows")).toBe(401);
});

test("27 a secret goes in and never comes out, and says where it is used", async ({ page, server }) => {
  const canary = "canary-4f1d9c7e-value";
  const answers: string[] = [];
  page.on("response", async (response) => {
    if (response.url().includes("/api/v1/") && !response.url().includes("/live")) answers.push(await response.text().catch(() => ""));
  });
  const call = { key: "call", kind: "http_request", config: { method: "POST", url: "http://127.0.0.1:9/", headers: [{ name: "X-Key", value: "{{ secrets.crm_key }}" }] } };
  const { key } = await server.workflow({ title: "Order to CRM", mode: "async", trigger: { kind: "webhook" }, nodes: [call] });
  await page.goto("/settings/secrets");
  await expect(page.getByText("There are no secrets.")).toBeVisible();
  await page.getByRole("button", { name: "Add a secret" }).click();
  const asked = page.getByRole("dialog", { name: "Add a secret" });
  await asked.getByLabel("Name").fill("CRM key");
  await asked.getByLabel("Value").fill("short");
  await asked.getByRole("button", { name: "Add", exact: true }).click();
  await expect(asked.getByLabel("Name")).toHaveAccessibleDescription(/Small letters/);
  await expect(asked.getByLabel("Value")).toHaveAccessibleDescription(/At least 8/);
  await asked.getByLabel("Name").fill("crm_key");
  await asked.getByLabel("Value").fill(canary);
  await asked.getByRole("button", { name: "Add", exact: true }).click();
  const row = page.getByRole("row", { name: /crm_key/ });
  await expect(row.getByRole("link", { name: "Order to CRM" })).toHaveAttribute("href", `/workflows/${key}`);
  await row.getByRole("button", { name: "Replace crm_key" }).click();
  await page.getByRole("dialog").getByLabel("Value").fill(`${canary}-2`);
  await page.getByRole("dialog").getByRole("button", { name: "Replace" }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await row.getByRole("button", { name: "Delete crm_key" }).click();
  const sure = page.getByRole("alertdialog", { name: "Delete crm_key?" });
  await expect(sure.getByRole("link", { name: "Order to CRM" })).toBeVisible();
  await sure.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("There are no secrets.")).toBeVisible();
  expect(await page.content()).not.toContain(canary);
  expect(answers.length).toBeGreaterThan(4);
  expect(answers.join("\n")).not.toContain(canary);
});

test("the last administrator stays one; others are changed, disabled and removed", async ({ page, server, watch }) => {
  watch.allow.push(/409 \(Conflict\)/);
  await server.signIn();
  await server.api("POST", "/users", { email: "grace@example.com", name: "Grace", role: "viewer" });
  await page.goto("/settings/users");
  await page.getByRole("button", { name: /Role of Ada Lovelace/ }).click();
  await page.getByRole("option", { name: /Viewer/ }).click();
  await expect(page.getByRole("alert")).toContainText("Without this user nobody could manage the others.");
  await expect(page.getByRole("button", { name: /Role of Ada Lovelace/ })).toContainText("Administrator");
  await page.getByRole("button", { name: /Role of Grace/ }).click();
  await page.getByRole("option", { name: /Editor/ }).click();
  await expect(page.getByRole("alert")).toHaveCount(0);
  await expect.poll(async () => (await server.api("GET", "/users")).items.find(({ name }: { name: string }) => name === "Grace").role).toBe("editor");
  const grace = page.getByRole("row", { name: /Grace/ });
  await page.getByRole("button", { name: "Actions for Grace" }).click();
  await page.getByRole("menuitem", { name: "New invite" }).click();
  await expect(page.getByRole("dialog", { name: "Link for Grace" }).getByLabel("Link", { exact: true })).toHaveValue(/#hookflow_/);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Actions for Grace" }).click();
  await page.getByRole("menuitem", { name: /^Disable/ }).click();
  await expect(grace).toContainText("disabled");
  await page.getByRole("button", { name: "Actions for Grace" }).click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await expect(grace).toHaveCount(0);
});

test("a new password holds, and the old one is needed for it", async ({ page, visitor, watch }) => {
  watch.allow.push(/403 \(Forbidden\)/, /401 \(Unauthorized\)/);
  await page.goto("/settings/profile");
  await page.getByLabel("Password so far").fill("not the password");
  await page.getByLabel("New password").fill("another horse battery");
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByRole("alert")).toContainText("The password so far is wrong.");
  await page.getByLabel("Password so far").fill(ADMIN.password);
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByText("The password is changed.")).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("Password so far")).toHaveValue("");
  await visitor.goto("/login");
  await visitor.getByLabel("E-mail").fill(ADMIN.email.toUpperCase());
  await visitor.getByLabel("Password", { exact: true }).fill("another horse battery");
  await visitor.keyboard.press("Enter");
  await expect(visitor).toHaveURL(/\/workflows$/);
});

test("the public address is tested and set, and limits are found by what they mean", async ({ page, server, watch }) => {
  watch.allow.push(/422/);
  const { key } = await server.workflow(PAYMENT);
  await page.goto("/settings/server");
  const address = page.getByRole("textbox", { name: "Public address" });
  await expect(address).toHaveValue(server.hooks);
  await page.getByRole("button", { name: "Test" }).click();
  await expect(page.getByText("Requests to this address come in here.")).toBeVisible();
  await address.fill("http://127.0.0.1:9");
  await expect(page.getByText("Requests to this address come in here.")).toHaveCount(0);
  await page.getByRole("button", { name: "Test" }).click();
  await expect(page.getByText("Requests to this address do not come in here.")).toBeVisible();
  await address.fill("hooks.example.com/path");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("alert")).toContainText("scheme and host without a path");
  await address.fill("https://hooks.example.com/");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("It was set here.")).toBeVisible();
  expect((await server.api("GET", `/workflows/${key}`)).url).toMatch(/^https:\/\/hooks\.example\.com\/api\//);
  await page.getByRole("button", { name: "Take it away" }).click();
  await expect(address).toHaveValue(server.hooks);
  await page.getByLabel("Search", { exact: true }).fill("body_bytes_max");
  await expect(page.getByRole("row", { name: /^body_bytes_max/ })).toContainText("10.5 MB");
  await expect(page.getByRole("row", { name: /lease_ms/ })).toHaveCount(0);
});

test("35 the language changes without loading, in the whole page, and stays", async ({ page }) => {
  await page.goto("/settings/profile");
  await page.evaluate(() => Object.assign(window, { same: true }));
  await page.getByLabel("Language").selectOption("Українська");
  await expect(page.getByRole("heading", { level: 1, name: "Профіль" })).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("lang", "uk");
  expect(await page.evaluate(() => (window as unknown as { same?: boolean }).same)).toBe(true);
  await page.reload();
  await expect(page.getByRole("link", { name: "Робочі процеси" })).toBeVisible();
});

test("the palette goes to a workflow by its title, and keys go to the places", async ({ page, server }) => {
  const { key } = await server.workflow(PAYMENT);
  await page.goto("/settings/about");
  await expect(page.getByRole("heading", { level: 2 }).first()).toBeVisible();
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog", { name: "Go to…" }).getByRole("searchbox").fill("payment");
  await expect(page.getByRole("menuitem", { name: /Payment callback/ })).toBeVisible();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(new RegExp(`/workflows/${key}`));
  await page.goto("/settings/about");
  await expect(page.getByRole("heading", { level: 2 }).first()).toBeVisible();
  await page.keyboard.press("g");
  await page.keyboard.press("e");
  await expect(page).toHaveURL(/\/executions/);
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await help.getByLabel(/Search/).fill("palette of nothing");
  await expect(help.getByText("No key does that.")).toBeVisible();
  await help.getByLabel(/Search/).fill("executions");
  await expect(help.getByText("To the executions")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(help).toHaveCount(0);
  await page.keyboard.press("[");
  await expect(page.getByRole("button", { name: "Unfold the menu" })).toBeVisible();
});

test("single letters are text where text is typed, and nothing once they are switched off", async ({ page }) => {
  await page.goto("/settings/profile");
  await page.getByLabel("Name").fill("");
  await page.keyboard.type("[?ge");
  await expect(page.getByLabel("Name")).toHaveValue("[?ge");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Fold the menu" })).toBeVisible();
  const letters = page.getByRole("switch", { name: "Keys of a single letter" });
  await letters.focus();
  await page.keyboard.press("Space");
  await expect(letters).not.toBeChecked();
  for (const key of ["[", "?", "g", "e"]) await page.keyboard.press(key);
  await expect(page.getByRole("button", { name: "Fold the menu" })).toBeVisible();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("dialog", { name: "Go to…" })).toBeVisible();
});
