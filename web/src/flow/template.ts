// Templates as the server reads them (crates/domain/src/template): where in a text the expressions stand, and which
// of them are plain paths. Only as much of JSONata is known here as finding `}}` needs: quoted texts, comments and
// regular expressions pass as one piece, and braces are counted.
//
// Not here: which paths lead somewhere (./variables), what an expression comes to (the server's preview).

/** `{{ … }}` in a text: where it stands, its braces included, and what is between them, trimmed. */
export interface Span {
  from: number;
  to: number;
  source: string;
}

/** One step of a path: a key, or an index of a list. */
export type Step = string | number;

/** Every expression of a text; `unclosed` is where a `{{` stands that nothing closes. */
export function expressionsIn(text: string): { spans: Span[]; unclosed?: number } {
  const spans: Span[] = [];
  let at = 0;
  for (;;) {
    const from = text.indexOf("{{", at);
    if (from < 0) return { spans };
    const length = expressionLength(text.slice(from + 2));
    if (length === undefined) return { spans, unclosed: from };
    const to = from + 2 + length + 2;
    spans.push({ from, to, source: text.slice(from + 2, to - 2).trim() });
    at = to;
  }
}

/** Whether a text holds a template at all. */
export function hasTemplate(text: string): boolean {
  return text.includes("{{");
}

/** Up to the `}}` that closes nothing inside. */
function expressionLength(text: string): number | undefined {
  let depth = 0;
  for (const { from, to, char } of lexemes(text)) {
    if (char === "{") depth++;
    else if (char === "}" && depth > 0) depth--;
    else if (char === "}" && text[to] === "}") return from;
  }
  return undefined;
}

interface Lexeme {
  from: number;
  to: number;
  /** Nothing for a quoted text, a comment or a regular expression. */
  char?: string;
  /** The last character that counts before it, and the one before that. */
  last: string;
  secondLast: string;
  /** Nothing stands between `last` and here. */
  adjacent: boolean;
}

function* lexemes(text: string): Generator<Lexeme, void, number | undefined> {
  let at = 0;
  let last = "";
  let secondLast = "";
  let adjacent = false;
  while (at < text.length) {
    const first = text[at] as string;
    const rest = text.slice(at);
    const comment = rest.startsWith("/*");
    let length: number | undefined;
    if (first === '"' || first === "'" || first === "`") length = quotedLength(rest, first);
    else if (comment) length = rest.includes("*/") ? rest.indexOf("*/") + 2 : rest.length;
    else if (first === "/" && !/[\p{L}\p{N}_$)\]}"]/u.test(last)) length = regexLength(rest);
    const from = at;
    at += length ?? 1;
    // Who reads may have read further by itself, as over a path.
    const skipped = yield { from, to: at, char: length === undefined ? first : undefined, last, secondLast, adjacent };
    if (skipped !== undefined) {
      at = skipped;
      [last, secondLast, adjacent] = [")", "", true];
    } else if (comment || /\s/.test(first)) {
      adjacent = false;
    } else {
      [secondLast, last, adjacent] = [last, length === undefined ? first : '"', true];
    }
  }
}

function quotedLength(text: string, quote: string): number {
  for (let at = 1; at < text.length; at++) {
    if (text[at] === "\\" && quote !== "`") at++;
    else if (text[at] === quote) return at + 1;
  }
  return text.length;
}

function regexLength(text: string): number | undefined {
  let depth = 0;
  for (let at = 1; at < text.length; at++) {
    const char = text[at] as string;
    if (char === "\\") at++;
    else if ("([{".includes(char)) depth++;
    else if (")]}".includes(char)) depth = Math.max(0, depth - 1);
    else if (char === "/" && depth === 0) return at + 1;
  }
  return undefined;
}

/** The steps of a plain path, its root first; nothing for any other expression. */
export function readPath(text: string): Step[] | undefined {
  const read = readPrefix(text);
  return read && read.length === text.length ? read.steps : undefined;
}

function readPrefix(text: string): { steps: Step[]; length: number } | undefined {
  const word = /^[A-Za-z_][\w$-]*/.exec(text)?.[0];
  if (!word) return undefined;
  const steps: Step[] = [word];
  let length = word.length;
  for (;;) {
    const rest = text.slice(length);
    const bare = /^\.([\w$-]+)(?!\s*\()(?![\w$-])/.exec(rest);
    const index = /^\[(0|[1-9]\d*)\]/.exec(rest);
    const quoted = /^\[("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\]/.exec(rest);
    if (bare) {
      const key = bare[1] as string;
      steps.push(isIndex(key) ? Number(key) : key);
    } else if (index) {
      steps.push(Number(index[1]));
    } else if (quoted) {
      const key = unquoted(quoted[1] as string);
      if (key === undefined) return { steps, length };
      steps.push(key);
    } else {
      return { steps, length };
    }
    length += (bare ?? index ?? quoted)?.[0].length ?? 0;
  }
}

function isIndex(key: string): boolean {
  return /^(0|[1-9]\d*)$/.test(key) && Number(key) <= 0xffff_ffff;
}

function unquoted(text: string): string | undefined {
  const escapes: Record<string, string> = { "\\'": "'", '"': '\\"' };
  const inner = text.slice(1, -1).replaceAll(/\\.|"/gs, (found) => escapes[found] ?? found);
  try {
    return JSON.parse(text[0] === '"' ? text : `"${inner}"`) as string;
  } catch {
    return undefined;
  }
}

/** The canonical text of a path. Quotes are single ones: they can stand in a text of JSON as they are. */
export function writePath(steps: Step[]): string {
  return steps
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      if (index === 0) return step;
      if (/^[\w$-]+$/.test(step) && !isIndex(step)) return `.${step}`;
      const escapes: Record<string, string> = { '\\"': '"', "'": "\\'" };
      return `['${JSON.stringify(step)
        .slice(1, -1)
        .replaceAll(/\\.|'/gs, (found) => escapes[found] ?? found)}']`;
    })
    .join("");
}

/** The one expression that a text is, blanks around it left out: what it comes to keeps its type. */
export function soleExpression(text: string): string | undefined {
  const trimmed = text.trim();
  const { spans } = expressionsIn(trimmed);
  const [span] = spans;
  return spans.length === 1 && span?.from === 0 && span.to === trimmed.length ? span.source : undefined;
}

/** Every plain path that an expression reads, those inside JSONata included. */
export function pathsIn(source: string): Step[][] {
  const whole = readPath(source);
  if (whole) return [whole];
  const paths: Step[][] = [];
  const walk = lexemes(source);
  let next = walk.next();
  while (!next.done) {
    const { from, char, last, secondLast, adjacent } = next.value;
    const isStep = last === "." && secondLast !== ".";
    const inName = adjacent && /[\p{L}\p{N}_$]/u.test(last);
    const read = char && /[A-Za-z]/.test(char) && !isStep && !inName ? readPrefix(source.slice(from)) : undefined;
    if (read && ROOTS.includes(String(read.steps[0]))) {
      paths.push(read.steps);
      next = walk.next(from + read.length);
    } else {
      next = walk.next();
    }
  }
  return paths;
}

const ROOTS = ["trigger", "nodes", "system", "secrets"];
