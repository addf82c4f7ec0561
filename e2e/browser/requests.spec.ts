// Checks 5 and 27: every request is seen, the refused ones with their cause, and what proves who somebody is stays hidden.
import { PAYMENT } from "./server";
import { expect, test } from "./test";

const basic = (password: string) => ({ authorization: `Basic ${Buffer.from(`hook:${password}`).toString("base64")}` });

test("5 a GET and wrong credentials are refused rows within a second, with the cause; the right ones run", async ({ page, server }) => {
  const { url } = await server.workflow({ ...PAYMENT, credentials: { basic: { username: "hook", password: "s3cret" } } });
  await page.goto("/requests");
  await expect(page.getByText("Listening…")).toBeVisible();
  const list = page.getByRole("list", { name: "Requests" }).getByRole("listitem");

  expect((await fetch(url)).status).toBe(405);
  const got = list.filter({ hasText: "GET → 405" });
  await expect(got).toHaveCount(1, { timeout: 1_000 });
  await expect(got).toContainText("It was not a POST");
  expect((await server.send(url, {})).status).toBe(401);
  expect((await server.send(url, {}, { headers: basic("wrong") })).status).toBe(401);
  const denied = list.filter({ hasText: "POST → 401" });
  await expect(denied).toHaveCount(2, { timeout: 1_000 });
  await expect(denied.first()).toContainText("User and password were missing or wrong");
  expect((await server.send(url, { order: { id: 1, status: "paid" } }, { headers: basic("s3cret") })).status).toBe(200);
  const accepted = list.filter({ hasText: "accepted" });
  await expect(accepted).toHaveCount(1, { timeout: 1_000 });

  await denied.first().getByRole("link").click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Request");
  await expect(page.getByText("hook.credentials")).toBeVisible();
  await expect(page.getByText("Give the sender the workflow's user and password")).toBeVisible();
  await page.goBack();
  await accepted.getByRole("link").click();
  await page.getByRole("button", { name: "Open its execution" }).click();
  await expect(page).toHaveURL(/\/executions\/ex_/);
});

test("a body that is not JSON is shown as it came, with its place; one that was not read is said to be", async ({ page, server }) => {
  const { url } = await server.workflow(PAYMENT);
  await server.send(url, '{"order": {"id": 1042,', { headers: { "content-type": "application/json" } });
  await server.send(url, '{"order": {"id": 7}}', { headers: { "content-type": "text/plain" } });
  await page.goto("/requests?outcome=refused");
  const list = page.getByRole("list", { name: "Requests" }).getByRole("listitem");
  await expect(list).toHaveCount(2);
  await list.filter({ hasText: "not valid JSON" }).getByRole("link").click();
  await expect(page.getByText("line 1 column 22")).toBeVisible();
  await expect(page.getByText('{"order": {"id": 1042,', { exact: true })).toBeVisible();
  await page.goBack();
  await list.filter({ hasText: "not said to be JSON" }).getByRole("link").click();
  await expect(page.getByText("Set the sender's Content-Type")).toBeVisible();
  await expect(page.getByText("It was refused before its body was read.")).toBeVisible();
});

test("a request is kept as a sample, under a name, without what proves who sent it", async ({ page, server }) => {
  const { url, key } = await server.workflow({ ...PAYMENT, trigger: { ...PAYMENT.trigger, headers: [{ name: "Authorization" }] } });
  const sent = await server.send(url, { order: { id: 7 } }, { headers: { authorization: "Bearer S3CRET-canary", "x-kept": "yes" } });
  await page.goto(`/requests/${sent.headers.get("hookflow-execution")}`);
  await page.getByRole("button", { name: "Use as sample" }).click();
  await page.getByLabel("Name").fill("Order 7");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("The sample is saved.")).toBeVisible();
  const { items } = await server.api("GET", `/workflows/${key}/samples`);
  expect(items).toMatchObject([{ name: "Order 7", event: { body: '{"order":{"id":7}}' } }]);
  expect(items[0].event.headers).toContainEqual(["x-kept", "yes"]);
  expect(JSON.stringify(items)).not.toContain("S3CRET");
});

test("27 what proves who somebody is is dots until somebody who may operate asks; a viewer cannot", async ({ page, server, browser, watch }) => {
  const secret = "S3CRET-canary";
  const { url } = await server.workflow({ ...PAYMENT, trigger: { ...PAYMENT.trigger, headers: [{ name: "Authorization" }, { name: "Cookie" }] } });
  const sent = await server.send(url, { order: { id: 1, status: "paid" } }, { headers: { authorization: `Bearer ${secret}`, cookie: `sid=${secret}` } });
  const id = sent.headers.get("hookflow-execution");
  for (const place of [`/requests/${id}`, `/executions/${id}?tab=request`]) {
    await page.goto(place);
    await expect(page.getByText("•••").first()).toBeVisible();
    expect(await page.content()).not.toContain(secret);
    await page.getByRole("button", { name: "Show hidden values" }).click();
    await expect(page.getByText(`Bearer ${secret}`)).toBeVisible();
    await expect(page.getByText(`sid=${secret}`)).toBeVisible();
    await page.getByRole("button", { name: "Hide them" }).click();
    expect(await page.content()).not.toContain(secret);
  }
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy as curl" }).click();
  const line = await page.evaluate(() => navigator.clipboard.readText());
  expect(line).toContain("curl");
  expect(line).not.toContain(secret);
  for (const name of ["Download HAR", "Download JSON"]) {
    await page.getByRole("button", { name: "More", exact: true }).click();
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name }).click()]);
    const { readFileSync } = await import("node:fs");
    const text = readFileSync(await file.path(), "utf8");
    expect(text).toContain("paid");
    expect(text, name).not.toContain(secret);
  }

  // A viewer's browser is not even told.
  const { invite } = await server.api("POST", "/users", { email: "vi@example.com", name: "Vi", role: "viewer" });
  const joined = await fetch(`${server.admin}/api/v1/invite`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: server.admin },
    body: JSON.stringify({ token: invite, password: "correct horse viewer" }),
  });
  const session = /hookflow_session=([^;]+)/.exec(joined.headers.get("set-cookie") ?? "")?.[1] ?? "";
  const context = await browser.newContext({ baseURL: server.admin });
  const { serveBuild } = await import("./test");
  await serveBuild(context, server.admin);
  await context.addCookies([{ name: "hookflow_session", value: session, url: server.admin }]);
  const viewer = await context.newPage();
  const told: string[] = [];
  viewer.on("response", async (response) => {
    if (response.url().includes("/api/v1/") && !response.url().includes("/live")) told.push(await response.text().catch(() => ""));
  });
  await viewer.goto(`/executions/${id}?tab=request`);
  await expect(viewer.getByText("•••").first()).toBeVisible();
  await expect(viewer.getByRole("button", { name: "Show hidden values" })).toHaveCount(0);
  await expect(viewer.getByRole("button", { name: "Replay" })).toHaveCount(0);
  expect(told.join("")).toContain("paid");
  expect(told.join("")).not.toContain(secret);
  await context.close();
  expect(watch.allow).toEqual([]);
});
