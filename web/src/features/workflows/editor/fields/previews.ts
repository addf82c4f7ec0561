// What the open drawer's templates and its node would come to, for the request that is looked at. However many fields
// ask, it is one call, some time after the last change.
//
// Not here: which request that is (./subject).

import { useEffect, useId } from "react";
import { createStore, type StoreApi, useStore } from "zustand";
import { ApiError, api, got } from "@/api/client";
import type { PreviewBody, Previewed } from "@/api/coming";
import type { FlowNode, Json } from "@/flow/document";
import { exampleEvent } from "@/flow/example-event";
import type { Seen } from "@/flow/variables";
import { type EditorState, type Subject, useEditorStore } from "../store";
import { useSubject } from "./subject";

const PAUSE_MS = 250;
/** As many as the server takes in one call. */
const TEMPLATES_MAX = 200;

export type Rendered = Previewed["templates"][number];
export type NodeSeen = NonNullable<Previewed["node"]>;

interface PreviewState {
  /** Undefined until the first answer. */
  seen: Seen | undefined;
  /** By the template's JSON. */
  rendered: Map<string, Rendered>;
  node: { key: string; seen: NodeSeen } | null;
  error: unknown;
}

class Previews {
  readonly state = createStore<PreviewState>(() => ({ seen: undefined, rendered: new Map(), node: null, error: null }));
  private readonly editor: StoreApi<EditorState>;
  private readonly templates = new Map<string, Json>();
  private readonly nodes = new Map<string, FlowNode>();
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

  watch(id: string, { template, node }: { template?: Json; node?: FlowNode }) {
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
    const node = [...this.nodes.values()].at(-1);
    const subject = this.subject ?? null;
    const body: PreviewBody = { flow, templates: wanted.map((text) => JSON.parse(text) as Json) };
    if (subject?.kind === "event") body.event = subject.event;
    else if (subject && subject.id !== this.gone) body[subject.kind] = subject.id;
    else body.event = exampleEvent(flow);
    if (node) body.node = { kind: node.kind, config: node.config, key: node.key };
    try {
      const path = { key };
      const seen = await got(api.POST("/api/v1/workflows/{key}/preview", { params: { path }, body }));
      if (call !== this.calls) return;
      this.state.setState({
        seen: { trigger: seen.trigger, nodes: seen.nodes },
        rendered: new Map(wanted.flatMap((text, at) => (seen.templates[at] ? [[text, seen.templates[at]]] : []))),
        node: node && seen.node ? { key: node.key, seen: seen.node } : null,
        error: null,
      });
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
export function useNodeSeen(node: FlowNode): NodeSeen | undefined {
  const previews = usePreviews();
  const id = useId();
  useEffect(() => previews.watch(id, { node }), [previews, id, node]);
  return useStore(previews.state, (state) => (state.node?.key === node.key ? state.node.seen : undefined));
}
