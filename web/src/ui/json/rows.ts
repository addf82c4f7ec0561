// A JSON value as the rows of a tree. Only what is open becomes rows, so that a large value costs nothing until it is opened.

export type Json = unknown;

export interface Row {
  /** As a template writes it, from the root's name on. */
  path: string;
  /** The key or the index under its parent; null for the root. */
  name: string | number | null;
  value: Json;
  depth: number;
  /** How many children it has; null for a scalar. */
  size: number | null;
  isOpen: boolean;
  /** Its place among its siblings, from 1, and how many there are. */
  place: number;
  of: number;
}

export function sizeOf(value: Json): number | null {
  if (typeof value !== "object" || value === null) return null;
  return Array.isArray(value) ? value.length : Object.keys(value).length;
}

/** A step further, in the language of templates: keys that are no plain words stand in brackets and quotes. */
export function step(path: string, name: string | number): string {
  if (typeof name === "number") return `${path}[${name}]`;
  if (/^[\p{L}\p{N}_$-]+$/u.test(name)) return path === "" ? name : `${path}.${name}`;
  return `${path}[${JSON.stringify(name)}]`;
}

export function children(value: Json): [string | number, Json][] {
  if (Array.isArray(value)) return value.map((each, index) => [index, each]);
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

export function rowsOf(root: Json, name: string, open: ReadonlySet<string>): Row[] {
  const rows: Row[] = [];
  // A stack of its own: values may nest deeper than calls can.
  const todo: Row[] = [
    { path: name, name: null, value: root, depth: 0, size: sizeOf(root), isOpen: open.has(name), place: 1, of: 1 },
  ];
  for (let row = todo.pop(); row; row = todo.pop()) {
    rows.push(row);
    if (!row.isOpen) continue;
    const { path, depth } = row;
    const inner = children(row.value);
    for (let at = inner.length - 1; at >= 0; at--) {
      const [name, value] = inner[at] as [string | number, Json];
      const own = step(path, name);
      todo.push({
        path: own,
        name,
        value,
        depth: depth + 1,
        size: sizeOf(value),
        isOpen: sizeOf(value) !== null && open.has(own),
        place: at + 1,
        of: inner.length,
      });
    }
  }
  return rows;
}

/** What is open at first: level by level, as long as it makes no more than `most` rows. */
export function openAtFirst(root: Json, name: string, most = 200): Set<string> {
  const open = new Set<string>();
  let count = 1;
  const level: [string, Json][] = [[name, root]];
  for (let at = 0; at < level.length; at++) {
    const [path, value] = level[at] as [string, Json];
    const size = sizeOf(value);
    if (size === null || (count + size > most && path !== name)) continue;
    open.add(path);
    count += size;
    if (size > most) continue;
    for (const [key, inner] of children(value)) level.push([step(path, key), inner]);
  }
  return open;
}

export interface Match {
  path: string;
  /** The paths that have to be open for it to be seen. */
  above: string[];
}

/** Where keys, texts and numbers have this text in them, in the order of the tree; at most `most`. */
export function search(root: Json, name: string, text: string, most = 1_000): Match[] {
  const wanted = text.toLowerCase();
  const found: Match[] = [];
  interface Frame {
    path: string;
    above: Above | null;
    key: string | number | null;
    value: Json;
  }
  // Parents as a chain: a list for each of a million values would be too much.
  interface Above {
    path: string;
    up: Above | null;
  }
  const todo: Frame[] = [{ path: name, above: null, key: null, value: root }];
  for (let frame = todo.pop(); frame && found.length < most; frame = todo.pop()) {
    const { path, above, key, value } = frame;
    const scalar = typeof value !== "object" || value === null;
    if (
      (typeof key === "string" && key.toLowerCase().includes(wanted)) ||
      (scalar && String(value).toLowerCase().includes(wanted))
    ) {
      const chain: string[] = [];
      for (let up = above; up; up = up.up) chain.push(up.path);
      found.push({ path, above: chain });
    }
    if (scalar) continue;
    const inner = children(value);
    for (let at = inner.length - 1; at >= 0; at--) {
      const [key, value] = inner[at] as [string | number, Json];
      todo.push({ path: step(path, key), above: { path, up: above }, key, value });
    }
  }
  return found;
}

/** The paths of all scalars, at most `most`: what a template could mean. */
export function leaves(root: Json, name: string, most = 2_000): string[] {
  const found: string[] = [];
  const todo: [string, Json][] = [[name, root]];
  for (let next = todo.pop(); next && found.length < most; next = todo.pop()) {
    const [path, value] = next;
    if (sizeOf(value) === null) found.push(path);
    else for (const [key, inner] of children(value).reverse()) todo.push([step(path, key), inner]);
  }
  return found;
}
