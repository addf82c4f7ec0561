// A PostgreSQL for the run, with a database for each server that asks: workers are other processes, so they ask by HTTP.
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";

const PROGRAM = new URL("../../target/debug/examples/cluster", import.meta.url).pathname;

export default async function start(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.BROWSER_ON !== "postgres") return undefined;
  const cluster = spawn(PROGRAM, { stdio: ["pipe", "pipe", "inherit"] });
  const urls = createInterface({ input: cluster.stdout })[Symbol.asyncIterator]();
  let last: Promise<string> = Promise.resolve("");
  const next = () => {
    cluster.stdin.write("\n");
    // One after the other, as they come.
    return (last = last.then(async () => (await urls.next()).value));
  };
  const asked = createServer(async (_, answer) => answer.end(await next()));
  await new Promise<void>((resolve) => asked.listen(0, "127.0.0.1", resolve));
  process.env.BROWSER_DATABASES = `http://127.0.0.1:${(asked.address() as AddressInfo).port}`;
  return async () => {
    asked.close();
    const ended = new Promise((resolve) => cluster.once("exit", resolve));
    cluster.stdin.end();
    await ended;
  };
}
