import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError, Unreachable } from "@/api/client";
import { find } from "@/flow/document";
import { answering } from "@/flow/testing";
import { rename } from "../commands/rename";
import { setInFlow, setInTrigger } from "../commands/set";
import { type Draft, openDraft } from "./saver";

/** A server in memory: what the real one does with drafts, and failures when told. */
function draftsOf(begin: Draft) {
  let draft = begin;
  let fails: unknown;
  const puts: Draft[] = [];
  return {
    puts,
    fail: (error: unknown) => (fails = error),
    /** Somebody else saves. */
    elsewhere: (change: (draft: Draft) => Draft["flow"]) =>
      (draft = { ...draft, flow: change(draft), edit: draft.edit + 1 }),
    now: () => draft,
    get: async () => draft,
    put: async (flow: Draft["flow"], edit: number) => {
      if (fails) throw fails;
      if (edit !== draft.edit) throw new ApiError(409, { code: "draft.conflict" });
      draft = { flow: structuredClone(flow), edit: edit + 1, problems: [] };
      puts.push(draft);
      return draft;
    },
  };
}

const start: Draft = { flow: answering, edit: 3, problems: [] };
const title = (draft: { flow: Draft["flow"] }) => find(draft.flow, "response_1")?.title;

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  sessionStorage.clear();
});
afterEach(() => vi.useRealTimers());

function open(drafts = draftsOf(start)) {
  const session = openDraft("k", drafts.now(), drafts, () => {});
  session.start();
  return {
    drafts,
    ...session,
    edit: session.store.getState().edit,
    state: () => session.store.getState().saving.state,
  };
}

test("edits are saved within a second after the last one, as one", async () => {
  const { edit, drafts, state } = open();
  edit("renamed", rename("response_1", "A"), "title");
  await vi.advanceTimersByTimeAsync(300);
  edit("renamed", rename("response_1", "AB"), "title");
  expect([drafts.puts.length, state()]).toEqual([0, "unsaved"]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(drafts.puts.map(title)).toEqual(["AB"]);
  expect(state()).toBe("saved");
  expect(localStorage.length).toBe(0);
});

test("without a network the copy stays here, and goes out later", async () => {
  const { edit, drafts, state } = open();
  drafts.fail(new Unreachable());
  edit("renamed", rename("response_1", "Kept"));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(state()).toBe("offline");
  // Another window, as after a killed one.
  const again = open(draftsOf(start));
  expect(title(again.store.getState())).toBe("Kept");
  drafts.fail(undefined);
  await vi.advanceTimersByTimeAsync(20_000);
  expect([title(drafts.now()), state()]).toEqual(["Kept", "saved"]);
});

test("what others changed elsewhere comes in, and what both changed is asked", async () => {
  const { edit, drafts, state, store } = open();
  drafts.elsewhere(({ flow }) => ({ ...flow, timeout_ms: 7 }));
  edit("renamed", rename("response_1", "Mine"));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(state()).toBe("saved");
  expect(drafts.now().flow).toMatchObject({ timeout_ms: 7, nodes: [{ title: "Mine" }] });

  drafts.elsewhere(({ flow }) => ({ ...flow, timeout_ms: 8 }));
  edit("timeout", setInFlow("timeout_ms", 9));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(state()).toBe("conflict");
  expect(drafts.now().flow.timeout_ms).toBe(8);
  store.getState().decide(new Map([["flow", "mine"]]));
  await vi.advanceTimersByTimeAsync(100);
  expect([state(), drafts.now().flow.timeout_ms]).toEqual(["saved", 9]);
});

test("without edits of its own a window follows at once, and can undo", async () => {
  const { drafts, heard, store } = open();
  const { edit } = drafts.elsewhere(({ flow }) => ({ ...flow, timeout_ms: 7 }));
  heard(edit);
  await vi.advanceTimersByTimeAsync(10);
  expect(store.getState().flow.timeout_ms).toBe(7);
  store.getState().undo();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(drafts.now().flow.timeout_ms).toBeUndefined();
});

test("a save whose answer was lost is no conflict", async () => {
  const { edit, drafts, state } = open();
  const put = drafts.put;
  drafts.put = async (flow, at) => {
    await put(flow, at);
    drafts.put = put;
    throw new Unreachable();
  };
  edit("renamed", rename("response_1", "Once"));
  await vi.advanceTimersByTimeAsync(10_000);
  expect([state(), drafts.puts.length]).toEqual(["saved", 1]);
});

test("the history survives a reload, also of what was not saved yet", async () => {
  const first = open();
  first.edit("renamed", rename("response_1", "A"));
  first.edit("body", setInTrigger(["body"], [{ path: "a" }]));
  await vi.advanceTimersByTimeAsync(300);
  const { store } = open(draftsOf(start));
  store.getState().undo();
  store.getState().undo();
  expect(store.getState().flow).toEqual(answering);
});

test("what the server will never take is said", async () => {
  const { edit, drafts, store } = open();
  drafts.fail(new ApiError(403, { detail: "Not you." }));
  edit("renamed", rename("response_1", "A"));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(store.getState().saving).toMatchObject({ state: "refused", detail: "Not you." });
});
