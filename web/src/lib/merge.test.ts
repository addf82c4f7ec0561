import { expect, test } from "vitest";
import { merged, type Page, type Told } from "./merge";

interface Row {
  id: string;
  status: "open" | "done";
}

/** A small generator, so that a failure can be repeated by its seed. */
function random(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

const id = (number: number) => `ex_${String(number).padStart(6, "0")}`;

/**
 * A server where rows begin and end, a feed that tells each change a little later or at once, and a reader who
 * loads pages and reads them again: whatever the order, once all is told the list is what the server has.
 */
test("whenever pages are read, the list is the server's, without gaps and duplicates", () => {
  for (let seed = 1; seed <= 400; seed++) {
    const next = random(seed);
    const fits = seed % 3 === 0 ? (row: Row) => row.status === "done" : () => true;
    const server: Row[] = [];
    const told = new Map<string, Told<Row>>();
    const late: Row[] = [];
    const pages: Page<Row>[] = [];
    let now = 0;
    const tell = () => {
      const row = late.shift();
      if (row) told.set(row.id, { item: row, at: now });
    };
    const read = (cursor: string | null): Page<Row> => {
      const askedAt = now;
      // What is told while the answer is under way is in it or not.
      if (next(2)) change();
      const all = server
        .filter(fits)
        .filter((row) => cursor === null || row.id < cursor)
        .sort((a, b) => (a.id < b.id ? 1 : -1));
      const items = all.slice(0, 3).map((row) => ({ ...row }));
      if (next(2)) change();
      while (next(2)) tell();
      now++;
      return { items, next_cursor: all.length > 3 ? (items.at(-1)?.id ?? null) : null, askedAt };
    };
    const change = () => {
      const open = server.filter((row) => row.status === "open");
      const row = open.length > 0 && next(2) ? open[next(open.length)] : undefined;
      if (row) {
        row.status = "done";
        late.push({ ...row });
      } else {
        const made: Row = { id: id(server.length), status: "open" };
        server.push(made);
        late.push({ ...made });
      }
    };
    for (let step = 0; step < 40; step++) {
      now++;
      const what = next(6);
      if (what < 3) change();
      else if (what < 4) tell();
      else if (pages.length === 0) pages.push(read(null));
      else if (next(3)) {
        const cursor = pages.at(-1)?.next_cursor;
        if (cursor) pages.push(read(cursor));
      } else {
        // Read again, all of it, as after a gap.
        const count = pages.length;
        pages.length = 0;
        for (let page = 0; page < count; page++) {
          const cursor = pages.at(-1)?.next_cursor;
          if (page > 0 && !cursor) break;
          pages.push(read(cursor ?? null));
        }
      }
    }
    if (pages.length === 0) pages.push(read(null));
    for (;;) {
      const cursor = pages.at(-1)?.next_cursor;
      if (!cursor) break;
      pages.push(read(cursor));
    }
    while (late.length > 0) tell();
    const shown = merged(pages, told, fits);
    const truth = server.filter(fits).sort((a, b) => (a.id < b.id ? 1 : -1));
    expect(shown, `seed ${seed}`).toEqual(truth);
  }
});

test("what changed far below comes with its page", () => {
  const pages: Page<Row>[] = [{ items: [{ id: id(9), status: "done" }], next_cursor: id(9), askedAt: 1 }];
  const told = new Map<string, Told<Row>>([[id(2), { item: { id: id(2), status: "done" }, at: 5 }]]);
  expect(merged(pages, told, () => true).map((row) => row.id)).toEqual([id(9)]);
});

test("refused and accepted requests stand by their time, not by their prefix", () => {
  const items = [{ id: "req_2" }, { id: "ex_1" }];
  const told = new Map([["ex_3", { item: { id: "ex_3" }, at: 2 }]]);
  expect(merged([{ items, next_cursor: null, askedAt: 1 }], told, () => true).map((row) => row.id)).toEqual([
    "ex_3",
    "req_2",
    "ex_1",
  ]);
});
