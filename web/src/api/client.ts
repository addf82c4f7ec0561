// The one way to the server: a typed client made from its description, and one kind of error.

import createClient, { type Middleware } from "openapi-fetch";
import type { Coming } from "./coming";
import type { components, paths } from "./schema";

/** Where the pages stand, ending in `/`; the server says so in the page. */
export const base = (() => {
  const said = document.querySelector<HTMLMetaElement>('meta[name="base"]')?.content ?? "/";
  return said.startsWith("/") ? said : "/";
})();

export type Schema = components["schemas"];

/** What the server refused, in its words; `code` is stable (docs/reference/errors.md). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** The whole problem document: some carry more than the four words. */
  readonly problem: Record<string, unknown>;
  /** Seconds after which it can be tried again, where the server says so. */
  readonly retryAfter: number | null;

  constructor(status: number, problem: Record<string, unknown>, retryAfter: number | null = null) {
    super(typeof problem.detail === "string" ? problem.detail : `HTTP ${status}`);
    this.status = status;
    this.code = typeof problem.code === "string" ? problem.code : "unknown";
    this.problem = problem;
    this.retryAfter = retryAfter;
  }
}

/** Nothing answered: the network or the server is away. */
export class Unreachable extends Error {}

type Listener = () => void;
const signedOut = new Set<Listener>();

/** Tells when a request was refused because nobody is signed in any more. Returns how to stop. */
export function onSignedOut(listener: Listener): Listener {
  signedOut.add(listener);
  return () => signedOut.delete(listener);
}

const errors: Middleware = {
  async onResponse({ response, request }) {
    if (response.ok) return;
    const problem = await response
      .clone()
      .json()
      .catch(() => ({}));
    const after = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
    const error = new ApiError(
      response.status,
      problem as Record<string, unknown>,
      Number.isFinite(after) ? Math.max(after, 1) : null,
    );
    // Asking who is signed in, and signing in, are no surprise.
    const { pathname } = new URL(request.url);
    const isAsking =
      /\/api\/v1\/(login|setup|invite)$/.test(pathname) || (pathname.endsWith("/me") && request.method === "GET");
    if (response.status === 401 && !isAsking) for (const listener of signedOut) listener();
    throw error;
  },
  onError() {
    return new Unreachable("The server does not answer.");
  },
};

export const api = createClient<paths & Coming>({
  baseUrl: base === "/" ? location.origin : location.origin + base.slice(0, -1),
});
api.use(errors);

/** What a call gave. Calls throw on anything but success, so data is there. */
export async function got<T>(call: Promise<{ data?: T }>): Promise<T> {
  const { data } = await call;
  return data as T;
}
