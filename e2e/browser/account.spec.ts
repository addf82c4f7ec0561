// Set-up, login, invites, sessions, roles and the theme: who gets in, and what they meet.
import type { Page } from "@playwright/test";
import { ADMIN, PAYMENT } from "./server";
import { expect, test } from "./test";

/** Asking who is signed in is answered 401 where nobody is: the browser says so in its console. */
const NOBODY = /401 \(Unauthorized\).*\/api\/v1\/(me|login|live|workflows|settings)/;

async function logIn(page: Page, password: string, email = ADMIN.email) {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
}

test("1 an empty database becomes an account and a workflow that answers", async ({ visitor, server, watch }) => {
  watch.allow.push(NOBODY);
  let clicks = 0;
  await visitor.exposeFunction("clicked", () => clicks++);
  await visitor.addInitScript(() =>
    document.addEventListener("click", () => (window as unknown as { clicked: () => void }).clicked(), true),
  );
  const began = Date.now();
  await visitor.goto("/");
  await expect(visitor).toHaveURL(/\/setup$/);
  await expect(visitor.getByLabel("Set-up token")).toHaveCount(0);
  await visitor.getByLabel("Name").fill("Ada Lovelace");
  await visitor.getByLabel("E-mail").fill("ada@example.com");
  await visitor.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await expect(visitor.getByText("Strong")).toBeVisible();
  await visitor.getByRole("button", { name: "Create account and first workflow" }).click();
  await expect(visitor).toHaveURL(/\/workflows\/[^/?]+\?coach=1$/);
  expect(clicks).toBeLessThanOrEqual(2);
  expect(Date.now() - began).toBeLessThan(15_000);
  const { items } = await server.api("GET", "/workflows");
  expect(items).toMatchObject([{ title: "Receive and answer", enabled: true }]);
  const answer = await server.send(items[0].url, { order: 7 });
  expect([answer.status, await answer.json()]).toEqual([200, { received: true }]);
  // Nobody is first a second time.
  await visitor.goto("/setup");
  await expect(visitor).toHaveURL(/\/workflows$/);
});

test("1 what is missing is said at its field, and a public address that leads elsewhere is told before going on", async ({
  visitor,
  server,
  watch,
}) => {
  watch.allow.push(NOBODY);
  await visitor.goto("/setup");
  const create = visitor.getByRole("button", { name: "Create account" });
  await expect(create).toBeVisible();
  // When its font comes a line of the form breaks elsewhere: a button that moves in the middle of a click is not clicked.
  await visitor.evaluate(() => document.fonts.ready);
  await create.click();
  await expect(visitor.getByLabel("Name")).toBeFocused();
  await expect(visitor.getByLabel("Name")).toHaveAccessibleDescription("Say how you want to be called.");
  await expect(visitor.getByLabel("Password", { exact: true })).toHaveAccessibleDescription(/at least 12 characters/);
  await visitor.getByLabel("Name").fill("Ada");
  await visitor.getByLabel("E-mail").fill("ada@example.com");
  await visitor.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await visitor.getByLabel("Public address").fill("http://127.0.0.1:9");
  await visitor.getByRole("button", { name: "Create account" }).click();
  await expect(visitor.getByText("Requests to this address do not come in here.")).toBeVisible();
  await visitor.getByLabel("Public address").fill(server.hooks);
  await visitor.getByRole("button", { name: "Test" }).click();
  await expect(visitor.getByText("Requests to this address come in here.")).toBeVisible();
  await visitor.getByRole("button", { name: "Set the address and go on" }).click();
  await expect(visitor).toHaveURL(/\/workflows\/[^/?]+\?coach=1$/);
  expect(await server.api("GET", "/settings")).toMatchObject({ public_url: server.hooks, public_url_source: "stored" });
});

test("the login leads to the page that was wanted, and to no other site", async ({ visitor, server, watch }) => {
  watch.allow.push(NOBODY);
  await server.signIn();
  await visitor.goto("/executions?status=failed");
  await expect(visitor).toHaveURL(/\/login\?to=/);
  await logIn(visitor, ADMIN.password);
  await expect(visitor).toHaveURL(`${server.admin}/executions?status=failed`);
  await visitor.getByRole("button", { name: "Account: Ada Lovelace" }).click();
  await visitor.getByRole("menuitem", { name: "Log out" }).click();
  await expect(visitor).toHaveURL(/\/login$/);
  await visitor.goto("/login?to=//evil.example/");
  await logIn(visitor, ADMIN.password);
  await expect(visitor).toHaveURL(`${server.admin}/workflows`);
});

test("a wrong password and an unknown address meet the same words, too many attempts a clock", async ({
  visitor,
  server,
  watch,
}) => {
  watch.allow.push(NOBODY, /429/);
  await server.signIn();
  await visitor.goto("/login");
  const said = async () => (await visitor.getByRole("alert").allTextContents()).join();
  await logIn(visitor, "not the password");
  await expect(visitor.getByRole("alert")).toBeVisible();
  const known = await said();
  await logIn(visitor, "not the password", "nobody@example.com");
  await expect(visitor.getByRole("alert")).toBeVisible();
  expect(await said()).toBe(known);
  expect(known).toContain("E-mail or password is wrong.");
  for (let tries = 0; tries < 6; tries++) {
    await fetch(`${server.admin}/api/v1/login`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: server.admin },
      body: JSON.stringify({ email: ADMIN.email, password: "no" }),
    });
  }
  await logIn(visitor, "not the password");
  await expect(visitor.getByText(/Too many attempts\. The next one is possible in 0:\d\d/)).toBeVisible();
  await expect(visitor.getByRole("button", { name: "Log in" })).toBeDisabled();
  await expect(visitor.getByRole("button", { name: "Log in" })).toBeEnabled();
  await logIn(visitor, ADMIN.password);
  await expect(visitor).toHaveURL(/\/workflows$/);
});

test("an invite is a link that is shown once and works once", async ({ page, visitor, watch }) => {
  watch.allow.push(NOBODY, /404 \(Not Found\).*\/invite/);
  await page.goto("/settings/users");
  await page.getByRole("button", { name: "Invite" }).click();
  const asked = page.getByRole("dialog", { name: "Invite somebody" });
  await asked.getByLabel("Name").fill("Grace");
  await asked.getByLabel("E-mail").fill("grace@example.com");
  await asked.getByText("Viewer", { exact: true }).click();
  await asked.getByRole("button", { name: "Make the link" }).click();
  const shown = page.getByRole("dialog", { name: "Link for Grace" });
  const link = await shown.getByLabel("Link", { exact: true }).inputValue();
  expect(link).toMatch(/\/invite#hookflow_[0-9a-z]{50}$/);
  await shown.getByRole("button", { name: "Done" }).click();
  await expect(page.getByRole("row", { name: /Grace/ })).toContainText("invited");
  expect(await page.content()).not.toContain(link.split("#")[1]);

  await visitor.goto(link);
  await visitor.getByLabel("Password", { exact: true }).fill("short");
  await visitor.getByRole("button", { name: "Set password and log in" }).click();
  await expect(visitor.getByLabel("Password", { exact: true })).toHaveAccessibleDescription(/at least 12 characters/);
  await visitor.getByLabel("Password", { exact: true }).fill("staple staple staple");
  await visitor.getByRole("button", { name: "Set password and log in" }).click();
  await expect(visitor).toHaveURL(/\/workflows$/);
  await expect(visitor.getByRole("button", { name: "Account: Grace" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("row", { name: /Grace/ })).toContainText("active");

  await visitor.goto("/login");
  await visitor.goto(link);
  await visitor.getByLabel("Password", { exact: true }).fill("staple staple staple");
  await visitor.getByRole("button", { name: "Set password and log in" }).click();
  await expect(visitor.getByRole("heading", { name: "This link is not good any more" })).toBeVisible();
});

test("when the session ends the page stays, with what was typed, until the password is given again", async ({
  page,
  context,
  watch,
}) => {
  watch.allow.push(NOBODY);
  await page.goto("/settings/profile");
  await page.getByLabel("Name").fill("Augusta Ada King");
  await context.clearCookies();
  await page.getByRole("button", { name: "Save" }).click();
  const again = page.getByRole("dialog", { name: "Your session has ended" });
  await expect(again).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(again).toBeVisible();
  await again.getByLabel(`Password of ${ADMIN.email}`).fill("not the password");
  await again.getByRole("button", { name: "Log in", exact: true }).click();
  await expect(again.getByRole("alert")).toContainText("wrong");
  await again.getByLabel(`Password of ${ADMIN.email}`).fill(ADMIN.password);
  await page.keyboard.press("Enter");
  await expect(again).toHaveCount(0);
  await expect(page).toHaveURL(/\/settings\/profile$/);
  await expect(page.getByLabel("Name")).toHaveValue("Augusta Ada King");
  await expect(page.getByRole("alert")).toHaveText("It was not done: the session had ended. Try again.");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("button", { name: "Account: Augusta Ada King" })).toBeVisible();
});

test("a session that an administrator ends is noticed by itself", async ({ visitor, server, watch }) => {
  watch.allow.push(NOBODY);
  test.setTimeout(90_000);
  await server.signIn();
  const made = await server.api("POST", "/users", { email: "grace@example.com", name: "Grace", role: "viewer" });
  await visitor.goto(`/invite#${made.invite}`);
  await visitor.getByLabel("Password", { exact: true }).fill("staple staple staple");
  await visitor.getByRole("button", { name: "Set password and log in" }).click();
  await expect(visitor).toHaveURL(/\/workflows$/);
  await expect(visitor.getByText("You look on here")).toBeVisible();
  await server.api("PATCH", `/users/${made.id}`, { disabled: true });
  // The feed ends within fifteen seconds.
  await expect(visitor.getByRole("dialog", { name: "Your session has ended" })).toBeVisible({ timeout: 25_000 });
});

test("a viewer meets nothing that would be refused", async ({ visitor, server, watch }) => {
  watch.allow.push(NOBODY);
  await server.signIn();
  const { key } = await server.workflow(PAYMENT);
  const { invite } = await server.api("POST", "/users", { email: "grace@example.com", name: "Grace", role: "viewer" });
  const refused: string[] = [];
  visitor.on("response", (response) => {
    if (response.status() === 403) refused.push(`${response.request().method()} ${response.url()}`);
  });
  await visitor.goto(`/invite#${invite}`);
  await visitor.getByLabel("Password", { exact: true }).fill("staple staple staple");
  await visitor.getByRole("button", { name: "Set password and log in" }).click();
  await expect(visitor.getByText("Payment callback")).toBeVisible();
  await expect(visitor.getByRole("button", { name: "New workflow" })).toHaveCount(0);
  await expect(visitor.getByRole("button", { name: "Import" })).toHaveCount(0);
  await expect(visitor.getByRole("switch")).toBeDisabled();
  for (const place of [
    "/executions",
    "/requests",
    ...["profile", "secrets", "server", "about"].map((part) => `/settings/${part}`),
  ]) {
    await visitor.goto(place);
    await expect(visitor.locator("h1")).toHaveCount(1);
    await expect(visitor.locator('[role="status"].animate-pulse')).toHaveCount(0);
  }
  const parts = visitor.getByRole("navigation", { name: "Settings" });
  await expect(parts.getByRole("link")).toHaveText(["Profile", "Secrets", "Server", "About"]);
  await visitor.goto("/settings/secrets");
  await expect(visitor.getByText("Editors set them.")).toBeVisible();
  await expect(visitor.getByRole("button", { name: "Add a secret" })).toHaveCount(0);
  await visitor.goto("/settings/server");
  await expect(visitor.getByRole("textbox", { name: "Public address" })).toHaveAttribute("readonly", "");
  await expect(visitor.getByRole("button", { name: "Test" })).toHaveCount(0);
  await visitor.goto("/settings/users");
  await expect(visitor.getByText("Only administrators see this part.")).toBeVisible();
  expect(refused).toEqual([]);
});

test("37 the theme is the chosen one from the first paint on, and stays", async ({ page }) => {
  const paper = "rgb(247, 246, 242)";
  const night = "rgb(18, 21, 26)";
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto("/settings/profile");
  expect(await ground()).toBe(paper);
  await page.emulateMedia({ colorScheme: "dark" });
  expect(await ground()).toBe(night);
  await page.emulateMedia({ colorScheme: "light" });
  await page.getByRole("radio", { name: "Dark" }).click();
  expect(await ground()).toBe(night);
  // What was painted, frame by frame, while the page loads again: once its style is there, no frame is light.
  await page.addInitScript(() => {
    const seen: string[] = [];
    Object.assign(window, { seen });
    const look = () => {
      const scheme = getComputedStyle(document.documentElement).colorScheme;
      if (document.styleSheets.length > 0)
        seen.push(`${scheme} ${getComputedStyle(document.documentElement).backgroundColor}`);
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await page.reload();
  await expect(page.getByRole("radio", { name: "Dark" })).toBeChecked();
  const seen = await page.evaluate(() => [...new Set((window as unknown as { seen: string[] }).seen)]);
  expect(seen).toEqual([`dark ${night}`]);
  await page.getByRole("radio", { name: "As the system" }).click();
  expect(await ground()).toBe(paper);
});
