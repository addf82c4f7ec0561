// JSON as it is being typed: its value, or what stands in the way and where. In words of our own, because what
// `JSON.parse` says differs from browser to browser.

import type { Json } from "./document";

/** A key below `fields:json`. */
export type JsonMistake =
  | "ends_early"
  | "unexpected"
  | "template_bare"
  | "text_open"
  | "bad_escape"
  | "line_break_in_text"
  | "comma_last"
  | "comma_missing"
  | "colon_missing"
  | "key_expected"
  | "number"
  | "after_end"
  | "too_deep";

export interface JsonProblem {
  mistake: JsonMistake;
  /** Where, as offsets of the text. */
  from: number;
  to: number;
  /** Both from 1. */
  line: number;
  column: number;
  /** What stands there. */
  found: string;
}

/** Where a text of the JSON stands, its quotes included. */
export interface TextSpan {
  from: number;
  to: number;
}

export type JsonRead =
  | { value: Json; texts: TextSpan[]; imprecise?: TextSpan; problem?: undefined }
  | { problem: JsonProblem; texts: TextSpan[]; value?: undefined };

/** As deep as the server reads. */
const DEPTH_MAX = 64;

export function readJson(text: string): JsonRead {
  const reader = new Reader(text);
  try {
    const value = reader.whole();
    return { value, texts: reader.texts, imprecise: reader.imprecise };
  } catch (caught) {
    if (caught instanceof Stop) return { problem: problemAt(text, caught), texts: reader.texts };
    throw caught;
  }
}

class Stop {
  readonly mistake: JsonMistake;
  readonly from: number;
  readonly to: number;

  constructor(mistake: JsonMistake, from: number, to: number) {
    this.mistake = mistake;
    this.from = from;
    this.to = to;
  }
}

function problemAt(text: string, { mistake, from, to }: Stop): JsonProblem {
  const before = text.slice(0, from);
  const line = before.split("\n").length;
  return { mistake, from, to, line, column: from - before.lastIndexOf("\n"), found: text.slice(from, to) };
}

class Reader {
  readonly texts: TextSpan[] = [];
  imprecise: TextSpan | undefined;
  private at = 0;
  private depth = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  whole(): Json {
    const value = this.value();
    this.blanks();
    if (this.at < this.text.length) this.stop("after_end");
    return value;
  }

  private blanks() {
    while (" \t\r\n".includes(this.text[this.at] ?? "x")) this.at++;
  }

  private stop(mistake: JsonMistake, from = this.at, to = Math.min(from + 1, this.text.length)): never {
    if (from >= this.text.length && mistake !== "text_open") throw new Stop("ends_early", from, from);
    throw new Stop(mistake, from, to);
  }

  private value(): Json {
    this.blanks();
    const { text } = this;
    const char = text[this.at];
    if (char === "{" && text[this.at + 1] === "{") {
      const end = text.indexOf("}}", this.at);
      this.stop("template_bare", this.at, end < 0 ? text.length : end + 2);
    }
    if (char === "{") return this.nested(() => this.object());
    if (char === "[") return this.nested(() => this.list());
    if (char === '"') return this.quoted();
    const word = /[\w.+-]+/y;
    word.lastIndex = this.at;
    const found = word.exec(text)?.[0];
    if (!found) return this.stop("unexpected");
    const from = this.at;
    const to = from + found.length;
    if (found === "true" || found === "false" || found === "null") {
      this.at = to;
      return found === "null" ? null : found === "true";
    }
    if (!/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(found)) {
      this.stop(/^[-+.\d]/.test(found) ? "number" : "unexpected", from, to);
    }
    this.at = to;
    const number = Number(found);
    if (!Number.isFinite(number)) this.stop("number", from, to);
    if (/^-?\d+$/.test(found) && !Number.isSafeInteger(number)) this.imprecise ??= { from, to };
    return number;
  }

  private nested<Value>(read: () => Value): Value {
    if (++this.depth > DEPTH_MAX) this.stop("too_deep");
    this.at++;
    const value = read();
    this.depth--;
    return value;
  }

  private object(): Json {
    const entries: [string, Json][] = [];
    if (this.closes("}")) return {};
    for (;;) {
      this.blanks();
      if (this.text[this.at] !== '"') this.stop("key_expected");
      const key = this.quoted();
      this.blanks();
      if (this.text[this.at] !== ":") this.stop("colon_missing");
      this.at++;
      entries.push([key, this.value()]);
      if (this.closes("}")) return Object.fromEntries(entries);
      this.comma("}");
    }
  }

  private list(): Json {
    const values: Json[] = [];
    if (this.closes("]")) return values;
    for (;;) {
      values.push(this.value());
      if (this.closes("]")) return values;
      this.comma("]");
    }
  }

  private closes(bracket: string): boolean {
    this.blanks();
    if (this.text[this.at] !== bracket) return false;
    this.at++;
    return true;
  }

  private comma(bracket: string) {
    const from = this.at;
    if (this.text[from] !== ",") this.stop("comma_missing");
    this.at++;
    this.blanks();
    if (this.text[this.at] === bracket) this.stop("comma_last", from);
  }

  private quoted(): string {
    const { text } = this;
    const from = this.at;
    for (let at = from + 1; at < text.length; at++) {
      const char = text[at] as string;
      if (char === '"') {
        this.at = at + 1;
        this.texts.push({ from, to: at + 1 });
        return JSON.parse(text.slice(from, at + 1)) as string;
      }
      if (char === "\n" || char === "\r") this.stop("line_break_in_text", from, at);
      if (char < " ") this.stop("unexpected", at);
      if (char === "\\") {
        const escaped = /\\(["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
        escaped.lastIndex = at;
        const found = escaped.exec(text)?.[0];
        if (!found) this.stop("bad_escape", at, Math.min(at + 2, text.length));
        at += found.length - 1;
      }
    }
    return this.stop("text_open", from, text.length);
  }
}

/** How a value is written for people. */
export function writeJson(value: Json): string {
  return JSON.stringify(value, null, 2);
}

/** Whether two values are the same, the order of keys aside. */
export function sameJson(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (left === undefined || right === undefined || Array.isArray(left) !== Array.isArray(right)) return false;
  const [ofLeft, ofRight] = [Object.entries(left), Object.entries(right)];
  return (
    ofLeft.length === ofRight.length &&
    ofLeft.every(([key, value]) => Object.hasOwn(right, key) && sameJson(value, (right as Record<string, Json>)[key]))
  );
}
