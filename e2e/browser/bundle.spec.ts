// Checks 31, 32, 39: what the pages weigh, how soon they show, and that they stand under a path of somebody else.
import { createServer, request as proxied } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import { PAYMENT } from "./server";
import { expect, test } from "./test";

const KB = 1024;

/** Bytes over the wire of an asset with gzip. */
async function gzipped(url: string): Promise<number> {
  const answer = await fetch(url, { headers: { "accept-encoding": "gzip" } });
  // fetch inflates; the length is that of what was sent.
  const length = Number(answer.headers.get("content-length"));
  expect(answer.headers.get("content-encoding"), url).toBe("gzip");
  await answer.arrayBuffer();
  return length;
}

/** The scripts and styles that the page asks for until nothing more comes. */
async function assets(page: Page, go: () => Promise<unknown>): Promise<string[]> {
  const asked = new Set<string>();
  const note = (request: { url: () => string }) => {
    if (/\/assets\/.*\.(js|css|woff2)$/.test(request.url())) asked.add(request.url());
  };
  page.on("request", note);
  await go();
  await page.waitForLoadState("networkidle").catch(() => undefined);
  page.off("request", note);
  return [...asked];
}

async function sum(urls: string[], kind: RegExp): Promise<number> {
  let bytes = 0;
  for (const url of urls) if (kind.test(url)) bytes += await gzipped(url);
  return bytes;
}

test("31 the first route is light, and nothing comes from elsewhere", async ({ page, server }) => {
  test.skip(!!process.env.BROWSER_UI, "needs the bundle inside the binary");
  const { key } = await server.workflow(PAYMENT);
  const first = await assets(page, async () => {
    await page.goto("/workflows");
    await expect(page.getByText("Payment callback")).toBeVisible();
  });
  const js = await sum(first, /\.js$/);
  const css = await sum(first, /\.css$/);
  const then = await assets(page, async () => {
    await page.goto(`/workflows/${key}`);
    await expect(page.locator("[data-stop]").first()).toBeVisible();
  });
  const mirror = then.filter((url) => /code-mirror/.test(url));
  // Words are weighed by themselves.
  const added = then.filter((url) => !first.includes(url) && !mirror.includes(url) && !/\/rest-/.test(url));
  const editor = await sum(added, /\.js$/);
  let fonts = 0;
  for (const url of first.filter((each) => each.endsWith(".woff2")))
    fonts += (await (await fetch(url)).arrayBuffer()).byteLength;
  console.log(
    `  first route ${(js / KB).toFixed(1)} KB of script and ${(css / KB).toFixed(1)} KB of style, gzipped; fonts ${(fonts / KB).toFixed(1)} KB; the editor adds ${(editor / KB).toFixed(1)} KB, its code fields ${((await sum(mirror, /\.js$/)) / KB).toFixed(1)} KB`,
  );
  expect(js).toBeLessThan(180 * KB);
  expect(css).toBeLessThan(30 * KB);
  expect(fonts).toBeLessThan(110 * KB);
  expect(editor).toBeLessThan(130 * KB);
  for (const url of mirror) expect(await gzipped(url), url).toBeLessThan(130 * KB);
  for (const url of [...first, ...then]) {
    expect((await fetch(`${url}.map`)).status, "source maps stay at home").toBe(404);
    expect(await (await fetch(url)).text()).not.toMatch(/sourceMappingURL/);
  }
});

test("31 each language is light", async ({ server, page }) => {
  test.skip(!!process.env.BROWSER_UI, "needs the bundle inside the binary");
  for (const language of ["en", "uk"]) {
    await page.goto("/workflows");
    await page.evaluate((to) => localStorage.setItem("hookflow.language", to), language);
    // The first pages have words of their own; all others come with the first page that needs them.
    const asked = [
      ...(await assets(page, () => page.reload())),
      ...(await assets(page, () => page.goto("/settings/server"))),
    ];
    const words = [...new Set(asked)].filter((url) => /\/assets\/(first|rest)-[^/]*\.js$/.test(url));
    expect(words, language).toHaveLength(2);
    const weight = await sum(words, /\.js$/);
    console.log(`  ${language}: ${(weight / KB).toFixed(1)} KB`);
    expect(weight).toBeLessThan(25 * KB);
    expect(new URL(words[0]!).origin).toBe(server.admin);
  }
});

test("32 a warm load takes no script over the wire and a cold one shows soon", async ({ page, server }) => {
  test.skip(!!process.env.BROWSER_UI, "needs the bundle inside the binary");
  await server.workflow(PAYMENT);
  await page.goto("/workflows");
  await expect(page.getByText("Payment callback")).toBeVisible();
  const paint = await page.evaluate(
    () =>
      new Promise<{ fcp: number; lcp: number; cls: number }>((resolve) => {
        let lcp = 0;
        let cls = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) lcp = entry.startTime;
        }).observe({ type: "largest-contentful-paint", buffered: true });
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries() as unknown as { value: number; hadRecentInput: boolean }[])
            if (!entry.hadRecentInput) cls += entry.value;
        }).observe({ type: "layout-shift", buffered: true });
        setTimeout(
          () => resolve({ fcp: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? -1, lcp, cls }),
          300,
        );
      }),
  );
  console.log(
    `  first paint ${paint.fcp.toFixed(0)} ms, largest ${paint.lcp.toFixed(0)} ms, shift ${paint.cls.toFixed(3)}`,
  );
  expect(paint.cls).toBeLessThanOrEqual(0.02);
  await page.reload();
  await expect(page.getByText("Payment callback")).toBeVisible();
  const wired = await page.evaluate(() =>
    (performance.getEntriesByType("resource") as PerformanceResourceTiming[])
      .filter(({ name }) => name.includes("/assets/") && name.endsWith(".js"))
      .reduce((bytes, { transferSize }) => bytes + transferSize, 0),
  );
  expect(wired).toBe(0);
});

for (const strips of [true, false]) {
  test(`39 the pages work under a path of a proxy that ${strips ? "takes it off" : "leaves it on"}`, async ({
    page,
    server,
    watch,
  }) => {
    test.skip(!!process.env.BROWSER_UI, "needs the bundle inside the binary");
    watch.allow.push(/left the server/);
    await server.kill("SIGTERM");
    await server.start({ HOOKFLOW_ADMIN_BASE_PATH: "/tools/hookflow/" });
    const { key } = await server.workflow(PAYMENT);
    const proxy = createServer((incoming, answer) => {
      const path = strips ? (incoming.url ?? "").replace(/^\/tools\/hookflow/, "") : incoming.url;
      if (!incoming.url?.startsWith("/tools/hookflow/")) return answer.writeHead(418).end();
      const onward = proxied(server.admin + path, { method: incoming.method, headers: incoming.headers }, (got) => {
        answer.writeHead(got.statusCode ?? 502, got.headers);
        got.pipe(answer);
      });
      onward.on("error", () => answer.destroy());
      answer.on("close", () => onward.destroy());
      incoming.pipe(onward);
      return undefined;
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const origin = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    await page.goto(`${origin}/tools/hookflow/workflows`);
    await page.getByText("Payment callback").click();
    await expect(page).toHaveURL(`${origin}/tools/hookflow/workflows/${key}`);
    await expect(page.locator("[data-stop]").first()).toBeVisible();
    await page.reload();
    await expect(page.locator("[data-stop]").first()).toBeVisible();
    proxy.closeAllConnections();
    proxy.close();
  });
}
