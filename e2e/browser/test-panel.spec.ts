// The test panel: a request is tried with the draft, and with what is live.
import type { Page } from "@playwright/test";
import { PAYMENT, type Server } from "./server";
import { expect, test } from "./test";

async function open(page: Page, server: Server, document: object) {
  const workflow = await server.workflow(document);
  await page.goto(`/workflows/${workflow.key}`);
  await expect(page.locator('button[data-stop=""]')).toBeVisible();
  await page.keyboard.press("t");
  const panel = page.getByRole("region", { name: "Test" });
  return {
    ...workflow,
    panel,
    request: panel.getByRole("region", { name: "Request" }),
    result: panel.getByRole("region", { name: "Result" }),
  };
}

const ECHO = { title: "Echo", trigger: { kind: "webhook" }, nodes: [{ key: "answer", kind: "response", config: { status: 200, body: "one" } }] };

test("20 a test runs the draft as it stands on the screen, a call at the same moment what is published", async ({ page, server }) => {
  const { key, url, result } = await open(page, server, ECHO);
  // The newest edit is not even saved when the test begins.
  await page.locator('button[data-stop="answer"]').click();
  await page.keyboard.press("e");
  const [, called] = await Promise.all([page.getByRole("button", { name: "Run the draft" }).click(), server.send(url, {})]);
  // The draft has no answer any more: it is disabled.
  await expect(result.getByText("The draft was run. Nothing was published.")).toBeVisible();
  await expect(result.getByText("The body is empty.")).toBeVisible();
  expect(await called.text()).toBe("one");
  const { items } = await server.api("GET", `/executions?workflow=${key}`);
  expect(items.map(({ test, revision }: any) => [test, revision])).toEqual(expect.arrayContaining([[true, null], [false, 1]]));
  // Sent for real, what is live answers.
  await page.getByRole("button", { name: "Send as a real request" }).click();
  await expect(result.getByText(`Sent to ${url}`)).toBeVisible();
  await expect(result.getByText("one", { exact: true })).toBeVisible();
});

test("a request is edited, run with Ctrl+Enter, and its way is on the canvas; what is missing names its node", async ({ page, server }) => {
  const { request, result, panel } = await open(page, server, PAYMENT);
  const body = request.getByRole("textbox", { name: "Body" });
  // The declared examples are there before anything came.
  await expect(body).toHaveValue('{"order":{"id":1042,"status":"paid"}}');
  await body.fill('{"order":{"status":"paid"}');
  await expect(request.getByText(/^Not JSON at line 1, column 27/)).toBeVisible();
  await body.fill('{"order":{"status":"paid"}}');
  await page.keyboard.press("Control+Enter");
  await expect(result.getByRole("region", { name: "Answer" })).toContainText("200");
  await expect(result.getByRole("list", { name: "Nodes" }).getByRole("listitem")).toHaveText([/Paid\?/, /Response.*trigger\.body\.order\.id is missing/s]);
  await expect(page.locator('button[data-stop="accept"] [data-status="succeeded"]')).toBeVisible();
  await expect(page.locator('button[data-stop="refuse"] [data-status]')).toHaveCount(0);
  await panel.getByRole("button", { name: "Open the field" }).click();
  await expect(page.getByRole("complementary", { name: "Response" })).toBeVisible();
  await body.fill('{"order":{"status":"no"}}');
  await body.press("Control+Enter");
  await expect(result.getByRole("region", { name: "Answer" })).toContainText('{"error":"not paid"}');
  await expect(page.locator('button[data-stop="refuse"] [data-status="succeeded"]')).toBeVisible();
});

test("requests that came and saved samples are chosen from one list; samples are deleted", async ({ page, server }) => {
  const { key, url, request, panel } = await open(page, server, PAYMENT);
  await server.send(`${url}?a=1`, { order: { id: 5, status: "new" } });
  const body = request.getByRole("textbox", { name: "Body" });
  await expect(body).toHaveValue('{"order":{"id":5,"status":"new"}}');
  await expect(request.getByRole("textbox", { name: "Query" })).toHaveValue("a=1");
  await body.fill('{"order":{"id":9,"status":"paid"}}');
  await panel.getByRole("button", { name: "Save as sample" }).click();
  await page.getByRole("dialog").getByRole("textbox", { name: "Name of the sample" }).fill("Nine");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  const choose = async (name: RegExp) => {
    await panel.getByRole("button", { name: /Request/ }).first().click();
    await page.getByRole("option", { name }).click();
  };
  await choose(/POST → 422/);
  await expect(body).toHaveValue('{"order":{"id":5,"status":"new"}}');
  await choose(/Nine/);
  await expect(body).toHaveValue('{"order":{"id":9,"status":"paid"}}');
  expect((await server.api("GET", `/workflows/${key}/samples`)).items).toMatchObject([{ name: "Nine", event: { query_string: "a=1" } }]);
  await panel.getByRole("button", { name: "Delete this sample" }).click();
  await expect.poll(async () => (await server.api("GET", `/workflows/${key}/samples`)).items).toEqual([]);
});

test("a test that reaches out of the server asks once in a session, and tells what went wrong", async ({ page, server }) => {
  const { result, key } = await open(page, server, {
    title: "Calls",
    trigger: { kind: "webhook" },
    nodes: [
      { key: "call", kind: "http_request", config: { url: "http://127.0.0.1:9/" } },
      { key: "answer", kind: "response", config: { status: 200 } },
    ],
  });
  await page.getByRole("button", { name: "Run the draft" }).click();
  const asked = page.getByRole("alertdialog", { name: "This calls other systems" });
  await asked.getByRole("button", { name: "Cancel" }).click();
  expect((await server.api("GET", `/executions?workflow=${key}`)).items).toEqual([]);
  await page.getByRole("button", { name: "Run the draft" }).click();
  await asked.getByRole("button", { name: "Run it" }).click();
  await expect(result.getByRole("status")).toContainText("error");
  await expect(result.getByRole("list", { name: "Nodes" })).toContainText("http.");
  await page.getByRole("button", { name: "Run the draft" }).click();
  await expect(asked).toHaveCount(0);
});

test("what the endpoint refuses is shown as it was answered", async ({ page, server }) => {
  const { request, result } = await open(page, server, ECHO);
  await request.getByRole("textbox", { name: "Body" }).fill("{");
  await page.getByRole("button", { name: "Send as a real request" }).click();
  await expect(result.getByRole("region", { name: "Answer" })).toContainText("400");
  await expect(result.getByRole("region", { name: "Answer" })).toContainText("hook.not_json");
  await expect(result.getByText("The endpoint refused it: nothing ran.")).toBeVisible();
});
