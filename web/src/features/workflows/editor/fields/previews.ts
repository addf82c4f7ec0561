// What the open drawer's templates and its node would come to, for the request that is looked at. However many fields
// ask, it is one call, some time after the last change.
//
// Not here: which request that is (./subject).

import { useEffect, useId } from "react";
import { createStore, type StoreApi, useStore } from "zustand";
import { ApiError, api, got, type Schema } from "@/api/client";
import type { FlowNode, Json } from "@/flow/document";
import { exampleEvent } from "@/flow/example-event";
import type { Seen } from "@/flow/variables";
import { type EditorState, type Subject, useEditorStore } from "../store";
import { useSubject } from "./subject";

const PAUSE_MS = 250;
/** As many as the server takes in one call. */
const TEMPLATES_MAX = 200;
/** Rows of a rule are looked at one by one. */
const NODES_MAX = 24;

export type Rendered = Schema["TemplateView"];
export type NodeSeen = Schema["NodeView"];
/** The description of the API says of objects no more than that they are objects. */
type AnyObject = Record<string, never>;

/** A node as it is being edited, or as it could be. */
type LookedAt = Pick<FlowNode, "kind" | "config" | "key">;

interface PreviewState {
  /** Undefined until the first answer. */
  seen: Seen | undefined;
  /** By the template's JSON. */
  rendered: Map<string, Rendered>;
  /** By the JSON of kind and config. */
  nodes: Map<string, NodeSeen>;
  error: unknown;
}

class Previews {
  readonly state = createStore<PreviewState>(() => ({
    seen: undefined,
    rendered: new Map(),
    nodes: new Map(),
    error: null,
  }));
  private readonly editor: StoreApi<EditorState>;
  private readonly templates = new Map<string, Json>();
  private readonly nodes = new Map<string, LookedAt>();
  /** Who wants to know what the request has. */
  private readonly watchers = new Set<string>();
  private subject: Subject | null | undefined;
  /** A request that is gone. */
  private gone: string | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private calls = 0;

  constructor(editor: StoreApi<EditorState>) {
    this.editor = editor;
    editor.subscribe((now, before) => {
      if (now.flow !== before.flow) this.soon();
    });
  }

  watch(id: string, { template, node }: { template?: Json; node?: LookedAt }) {
    this.watchers.add(id);
    if (template !== undefined) this.templates.set(id, template);
    if (node) this.nodes.set(id, node);
    this.soon();
    return () => {
      this.watchers.delete(id);
      this.templates.delete(id);
      this.nodes.delete(id);
    };
  }

  look(subject: Subject | null) {
    if (this.subject !== undefined && sameSubject(this.subject, subject)) return;
    this.subject = subject;
    this.soon();
  }

  private soon() {
    clearTimeout(this.timer);
    if (this.watchers.size === 0 || this.subject === undefined) return;
    this.timer = setTimeout(() => void this.call(), PAUSE_MS);
  }

  private async call() {
    if (this.watchers.size === 0) return;
    const call = ++this.calls;
    const { key, flow } = this.editor.getState();
    const keys = [...new Set([...this.templates.values()].map((template) => JSON.stringify(template)))];
    const wanted = keys.slice(0, TEMPLATES_MAX);
    const nodes = [...new Map([...this.nodes.values()].map((node) => [textOf(node), node]))].slice(0, NODES_MAX);
    const subject = this.subject ?? null;
    const body: Schema["PreviewBody"] = {
      flow: flow as object as AnyObject,
      templates: wanted.map((text) => JSON.parse(text) as Json),
    };
    if (subject?.kind === "event") body.event = subject.event;
    else if (subject && subject.id !== this.gone) body[subject.kind] = subject.id;
    else body.event = exampleEvent(flow);
    const ask = (looked: LookedAt | undefined, more = body) => {
      const node = looked && { ...looked, config: looked.config as object as AnyObject };
      return got(api.POST("/api/v1/workflows/{key}/preview", { params: { path: { key } }, body: { ...more, node } }));
    };
    try {
      const [first, ...others] = nodes;
      const seen = await ask(first?.[1]);
      if (call !== this.calls) return;
      const came = new Map<string, NodeSeen>();
      if (first && seen.node) came.set(first[0], seen.node);
      const rendered = new Map(wanted.flatMap((text, at) => (seen.templates[at] ? [[text, seen.templates[at]]] : [])));
      const before = this.state.getState().nodes;
      const kept = others.flatMap(([text]) =>
        before.has(text) ? [[text, before.get(text) as NodeSeen] as const] : [],
      );
      this.state.setState({
        seen: { trigger: { ...seen.trigger }, nodes: seen.nodes },
        rendered,
        nodes: new Map([...kept, ...came]),
        error: null,
      });
      // The server looks at one node a call.
      for (const [text, node] of others) {
        const next = await ask(node, { ...body, templates: [] });
        if (call !== this.calls) return;
        if (next.node) came.set(text, next.node);
        this.state.setState({ nodes: new Map([...kept, ...came]) });
      }
    } catch (error) {
      if (call !== this.calls) return;
      const unknown = error instanceof ApiError && /^(execution|request)\.unknown$/.test(error.code);
      if (unknown && subject && subject.kind !== "event" && subject.id !== this.gone) {
        this.gone = subject.id;
        this.soon();
      } else {
        this.state.setState({ error });
      }
    }
  }
}

function sameSubject(left: Subject | null, right: Subject | null): boolean {
  if (left === right) return true;
  if (!left || !right || left.kind !== right.kind) return false;
  return left.kind === "event" || right.kind === "event" ? false : left.id === right.id;
}

const all = new WeakMap<StoreApi<EditorState>, Previews>();

function usePreviews(): Previews {
  const editor = useEditorStore();
  let previews = all.get(editor);
  if (!previews) {
    previews = new Previews(editor);
    all.set(editor, previews);
  }
  const found = previews;
  const { subject, isLoading } = useSubject();
  useEffect(() => {
    if (!isLoading) found.look(subject);
  }, [found, subject, isLoading]);
  return found;
}

/** What a value with templates comes to; undefined until it is known. Without a value nothing is asked. */
export function useRendered(template: Json | undefined): Rendered | undefined {
  const previews = usePreviews();
  const id = useId();
  const text = template === undefined ? undefined : JSON.stringify(template);
  useEffect(() => {
    if (text !== undefined) return previews.watch(id, { template: JSON.parse(text) as Json });
  }, [previews, id, text]);
  return useStore(previews.state, (state) => (text === undefined ? undefined : state.rendered.get(text)));
}

/** What the request has, and what nodes gave. */
export function useSeen(): { seen: Seen | undefined; error: unknown } {
  const previews = usePreviews();
  const id = useId();
  useEffect(() => previews.watch(id, {}), [previews, id]);
  const seen = useStore(previews.state, (state) => state.seen);
  const error = useStore(previews.state, (state) => state.error);
  return { seen, error };
}

/** What a node comes to; undefined until it is known. */
export function useNodeSeen(node: LookedAt | undefined): NodeSeen | undefined {
  const previews = usePreviews();
  const id = useId();
  const text = node && textOf(node);
  useEffect(() => {
    if (text !== undefined) return previews.watch(id, { node: JSON.parse(text) as LookedAt });
  }, [previews, id, text]);
  return useStore(previews.state, (state) => (text === undefined ? undefined : state.nodes.get(text)));
}

function textOf({ kind, config, key }: LookedAt): string {
  return JSON.stringify({ kind, config, key });
}
