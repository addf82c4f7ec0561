// What every browser test stands on: a server of its own, a signed-in page, and a watch over what the page does wrong.
import { readFileSync } from "node:fs";
import { type BrowserContext, test as base, expect, type Page } from "@playwright/test";
import { Server } from "./server";

/** With BROWSER_UI the pages come from that folder, not from the binary: while working on them. */
export async function serveBuild(context: BrowserContext, admin: string) {
  const dist = process.env.BROWSER_UI;
  if (!dist) return;
  await context.route(
    (url) => url.origin === admin && !/^\/(api|metrics|healthz|readyz)(\/|$)/.test(url.pathname),
    async (route) => {
      const { pathname } = new URL(route.request().url());
      if (/^\/(assets\/|favicon)/.test(pathname)) return route.fulfill({ path: dist + pathname });
      const html = readFileSync(`${dist}/index.html`, "utf8")
        .replaceAll("__BASE__", "/")
        .replaceAll("__NONCE__", "n0nce");
      const policy =
        "default-src 'none'; script-src 'nonce-n0nce' 'self'; style-src 'self' 'nonce-n0nce'; img-src 'self' data:; " +
        "font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; " +
        "require-trusted-types-for 'script'; trusted-types 'none'";
      return route.fulfill({ body: html, contentType: "text/html", headers: { "content-security-policy": policy } });
    },
  );
}

interface Watch {
  /** Lines of the console that a test provokes on purpose. */
  allow: RegExp[];
}

interface Fixtures {
  server: Server;
  /** A window in which an administrator is signed in. */
  page: Page;
  watch: Watch;
  /** Watches over the pages of a context in which nobody is signed in. */
  watched: (context: BrowserContext) => Promise<void>;
  /** A window in which nobody is signed in. */
  visitor: Page;
  /** Makes a context sign in, and watches over its pages. */
  signedIn: (context: BrowserContext) => Promise<void>;
}

export const test = base.extend<Fixtures>({
  server: async ({}, use) => {
    const server = await new Server().start();
    await use(server);
    await server.remove();
  },

  watch: async ({}, use) => {
    await use({ allow: [] });
  },

  baseURL: async ({ server }, use) => {
    await use(server.admin);
  },

  watched: async ({ server, watch }, use) => {
    const wrong: string[] = [];
    await use(async (context) => {
      await context.addInitScript(() => {
        document.addEventListener("securitypolicyviolation", (event) => {
          console.error(
            `the page's policy was violated: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`,
          );
        });
      });
      await serveBuild(context, server.admin);
      context.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") {
          wrong.push(`console: ${message.text()} (${message.location().url})`);
        }
      });
      context.on("weberror", (error) => wrong.push(`not caught: ${error.error().stack}`));
      context.on("request", (request) => {
        const { origin, protocol } = new URL(request.url());
        if (protocol !== "data:" && protocol !== "blob:" && origin !== server.admin)
          wrong.push(`left the server: ${request.url()}`);
      });
    });
    expect(wrong.filter((line) => !watch.allow.some((allowed) => allowed.test(line)))).toEqual([]);
  },

  signedIn: async ({ server, watched }, use) => {
    await use(async (context) => {
      await context.addCookies([{ name: "hookflow_session", value: await server.signIn(), url: server.admin }]);
      await watched(context);
    });
  },

  visitor: async ({ browser, baseURL, watched }, use) => {
    const context = await browser.newContext({ baseURL });
    await watched(context);
    await use(await context.newPage());
    await context.close();
  },

  context: async ({ context, signedIn }, use) => {
    await signedIn(context);
    await use(context);
  },
});

export { expect };
