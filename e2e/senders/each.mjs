// What the senders in JavaScript share: one request a line on stdin, one answer a line on stdout.
//
// request: {url, user, password, query: [[name, value]], headers: {name: value}, body: text, how}
// how: "json" leaves the writing of the body to the client, "stream" sends it in pieces of unknown number, "gzip" packed.
// answer: {status, headers: {name: value}, body: text}, or {error: text} when the client could not read one.
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";

const PIECE = 16 * 1024;

export async function each(send) {
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await send(JSON.parse(line)).catch((error) => ({ error: `${error} ${error.cause ?? ""}` }));
    process.stdout.write(JSON.stringify(answer) + "\n");
  }
}

/** Clients take header values as Latin-1: each byte of the UTF-8 is a character. */
export function headersOf({ headers, how }) {
  const bytes = Object.entries(headers).map(([name, value]) => [name, Buffer.from(value).toString("latin1")]);
  const packed = how === "gzip" ? [["Content-Encoding", "gzip"]] : [];
  const typed = how === "json" ? [] : [["Content-Type", "application/json"]];
  return Object.fromEntries([...bytes, ...packed, ...typed]);
}

/** The body, unless the client writes it itself. */
export function bodyOf({ body, how }) {
  const bytes = Buffer.from(body);
  return how === "gzip" ? gzipSync(bytes) : Readable.from(pieces(bytes));
}

function* pieces(bytes) {
  for (let from = 0; from < bytes.length; from += PIECE) yield bytes.subarray(from, from + PIECE);
}
