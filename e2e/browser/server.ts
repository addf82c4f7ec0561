// A real server on free ports with an empty database, and a client with its token.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const BINARY = process.env.BROWSER_BINARY ?? new URL("../../target/debug/hookflow", import.meta.url).pathname;

export class Server {
  readonly data = mkdtempSync(join(tmpdir(), "hookflow-browser-"));
  private process: ChildProcess | undefined;
  private log = "";
  private database: string | undefined;
  /** `http://127.0.0.1:…` of the admin and of the public listener. */
  admin = "";
  hooks = "";
  token = "";

  /** Starts, or starts again on the same data; with the same ports the second time. */
  async start(env: Record<string, string> = {}): Promise<this> {
    this.database ??= process.env.BROWSER_DATABASES ? await (await fetch(process.env.BROWSER_DATABASES)).text() : "";
    const at = (origin: string) => (origin ? new URL(origin).host : "127.0.0.1:0");
    this.process = spawn(BINARY, ["serve", "--data", this.data, "--hooks", at(this.hooks), "--admin", at(this.admin)], {
      env: { ...process.env, HOOKFLOW_OUTBOUND_ALLOW: "127.0.0.1", HOOKFLOW_DATABASE: this.database, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.process.stdout, this.process.stderr]) stream?.on("data", (text) => (this.log += text));
    const announced = join(this.data, "serve.json");
    for (let tries = 0; !existsSync(announced); tries++) {
      if (tries > 600 || this.process.exitCode !== null) throw new Error(`the server did not start:\n${this.log}`);
      await sleep(25);
    }
    const { hooks, admin } = JSON.parse(readFileSync(announced, "utf8"));
    this.hooks = `http://${hooks}`;
    this.admin = `http://${admin}`;
    this.token = readFileSync(join(this.data, "admin.token"), "utf8").trim();
    return this;
  }

  /** What the server has printed. */
  printed(): string {
    return this.log;
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const ended = this.process;
    if (!ended || ended.exitCode !== null || ended.signalCode !== null) return;
    await new Promise((resolve) => {
      ended.once("exit", resolve);
      ended.kill(signal);
    });
    if (signal === "SIGKILL") rmSync(join(this.data, "serve.json"), { force: true });
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.data, { recursive: true, force: true });
  }

  /** A call of the API; throws on anything but success. Paths start below `/api/v1`. */
  async api<T = any>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    const response = await fetch(`${this.admin}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, "content-type": "application/json", ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text ? JSON.parse(text) : undefined) as T;
  }

  /** Signs the administrator in; the first time it makes the account. Returns the session, as the cookie holds it. */
  async signIn(): Promise<string> {
    const call = (path: string, body: object) =>
      fetch(`${this.admin}/api/v1${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", origin: this.admin },
        body: JSON.stringify(body),
      });
    let answer = await call("/setup", ADMIN);
    if (answer.status === 409) answer = await call("/login", { email: ADMIN.email, password: ADMIN.password });
    if (!answer.ok) throw new Error(`sign in: ${answer.status} ${await answer.text()}`);
    return /hookflow_session=([^;]+)/.exec(answer.headers.get("set-cookie") ?? "")?.[1] ?? "";
  }

  /** Makes a workflow of a document live; returns its key, id and URL. */
  async workflow(document: object): Promise<{ key: string; id: string; url: string }> {
    const whole = { hookflow: 1, enabled: true, mode: "sync", ...document };
    const { items } = await this.api("POST", "/apply", { documents: [whole], publish: true });
    return items[0];
  }

  /** A request of a sender. An object goes out as JSON. */
  async send(url: string, body?: unknown, init: RequestInit = {}): Promise<Response> {
    const json = body !== undefined && typeof body !== "string";
    return fetch(url, {
      method: "POST",
      body: body === undefined ? undefined : json ? JSON.stringify(body) : (body as string),
      ...init,
      headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...init.headers },
    });
  }
}

/** Who is signed in where a test does not say otherwise. */
export const ADMIN = { email: "ada@example.com", name: "Ada Lovelace", password: "correct horse battery" };

/** The classic: a payment callback that is answered 200 or 422. */
export const PAYMENT = {
  title: "Payment callback",
  trigger: {
    kind: "webhook",
    body: [
      { path: "order.id", alias: "Order", type: "number", example: 1042 },
      { path: "order.status", alias: "Status", type: "text", example: "paid" },
    ],
  },
  nodes: [
    {
      key: "paid",
      kind: "condition",
      title: "Paid?",
      config: {
        mode: "branch",
        rule: { left: "{{ trigger.body.order.status }}", operator: "equal", right: "paid" },
      },
      branches: {
        true: [
          {
            key: "accept",
            kind: "response",
            config: { status: 200, body: { received: "{{ trigger.body.order.id }}" } },
          },
        ],
        false: [{ key: "refuse", kind: "response", config: { status: 422, body: { error: "not paid" } } }],
      },
    },
  ],
};
