// curl, with the credentials in the URL, and all requests in one run so that it may keep its connection.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";

const folder = mkdtempSync(join(tmpdir(), "hookflow-curl-"));

function args(request, index) {
  const [body, answer] = [join(folder, `body-${index}`), join(folder, `answer-${index}`)];
  writeFileSync(body, request.how === "gzip" ? gzipSync(request.body) : request.body);
  const encode = (value) => encodeURIComponent(value).replaceAll("%20", "+");
  const query = request.query.map(([name, value]) => `${name}=${encode(value)}`).join("&");
  const credentials = `${encodeURIComponent(request.user)}:${encodeURIComponent(request.password)}`;
  const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`);
  headers.push("Content-Type: application/json");
  if (request.how === "gzip") headers.push("Content-Encoding: gzip");
  if (request.how === "stream") headers.push("Transfer-Encoding: chunked");
  const url = `${request.url.replace("://", `://${credentials}@`)}?${query}`;
  // --globoff: brackets in the URL are just that.
  const some = ["--silent", "--globoff", "--include", "--output", answer, "--data-binary", `@${body}`];
  return [...some, ...headers.flatMap((header) => ["--header", header]), url];
}

function answer(index) {
  if (!existsSync(join(folder, `answer-${index}`))) return { error: "curl read no answer" };
  const [head, ...rest] = readFileSync(join(folder, `answer-${index}`), "utf8")
    .replace(/^(HTTP\/1\.1 100 .*\r\n\r\n)+/, "")
    .split("\r\n\r\n");
  const [line, ...headers] = head.split("\r\n");
  const pairs = headers.map((header) => header.split(/:\s*(.*)/s)).map(([name, value]) => [name.toLowerCase(), value]);
  return { status: Number(line.split(" ")[1]), headers: Object.fromEntries(pairs), body: rest.join("\r\n\r\n") };
}

const requests = (await text(process.stdin))
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));
try {
  // Its exit code is that of the last request alone; the answers tell more.
  spawnSync(
    "curl",
    requests.flatMap((request, index) => [...(index ? ["--next"] : []), ...args(request, index)]),
  );
  requests.forEach((_, index) => process.stdout.write(JSON.stringify(answer(index)) + "\n"));
} finally {
  rmSync(folder, { recursive: true });
}
