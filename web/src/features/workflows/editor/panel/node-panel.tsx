import { useQuery } from "@tanstack/react-query";
import { type ReactNode, type RefObject, useEffect, useRef } from "react";
import { kindsQuery } from "@/api/queries";
import type { FlowNode } from "@/flow/document";
import { ErrorNote, Loading, Note } from "@/ui/feedback";
import { useFollowLatest } from "../fields/subject";
import { useEditor, useEditorStore } from "../store";
import { ConditionForm } from "./condition/condition-form";
import { HttpRequestForm } from "./http-request-form";
import { KeptAsIs } from "./kept-as-is";
import { useNodeForm } from "./node-form";
import { ResponseForm } from "./response/response-form";
import type { JsonSchema } from "./schema";
import { SchemaForm } from "./schema-form";

/** What the drawer of a node holds below its header: the form of its kind. */
export function NodePanel({ node }: { node: FlowNode }) {
  const { data: kinds, error, isPending, refetch } = useQuery(kindsQuery);
  const form = useNodeForm(node);
  const place = useRef<HTMLDivElement>(null);
  useFollowLatest();
  useWantedField(place, kinds !== undefined);
  const kind = kinds?.items.find((each) => each.kind === node.kind);
  let content: ReactNode;
  if (error) content = <ErrorNote error={error} onRetry={() => refetch()} />;
  else if (isPending) content = <Loading lines={5} />;
  else if (!kind) content = <KeptAsIs node={node} />;
  else if (node.kind === "condition") content = <ConditionForm key={node.key} form={form} />;
  else if (node.kind === "response") content = <ResponseForm key={node.key} form={form} />;
  else if (node.kind === "http_request") {
    content = <HttpRequestForm key={node.key} form={form} schema={kind.schema as JsonSchema} />;
  } else content = <SchemaForm key={node.key} form={form} schema={kind.schema as JsonSchema} summary={kind.summary} />;
  return (
    <div ref={place} className="flex min-w-0 flex-col gap-4">
      {form.whole.map((message) => (
        <Note key={message} tone="error">
          {message}
        </Note>
      ))}
      {content}
    </div>
  );
}

/** The field that somebody pointed at gets the focus once it is there. */
function useWantedField(place: RefObject<HTMLElement | null>, ready: boolean) {
  const store = useEditorStore();
  const wanted = useEditor((editor) => editor.wanted);
  useEffect(() => {
    if (wanted === null || !ready || !place.current) return;
    const within = place.current;
    const go = () => {
      const target = fieldAt(within, wanted);
      if (!target) return false;
      target.focus();
      target.scrollIntoView({ block: "nearest" });
      store.setState({ wanted: null });
      return true;
    };
    if (go()) return;
    // What the field is made of may still be loading.
    const watch = new MutationObserver(() => go() && watch.disconnect());
    watch.observe(within, { childList: true, subtree: true });
    const enough = setTimeout(() => watch.disconnect(), 5_000);
    return () => {
      watch.disconnect();
      clearTimeout(enough);
    };
  }, [wanted, ready, place, store]);
}

const FOCUSABLE =
  '[contenteditable="true"], input:not([type="hidden"]), textarea, button[aria-haspopup], [role="radio"]';

/** What takes the focus in the field that stands at a pointer, or in the nearest one above it. */
function fieldAt(within: HTMLElement, at: string): HTMLElement | null {
  if (at === "") return within.querySelector<HTMLElement>(FOCUSABLE);
  for (let pointer = at; pointer !== ""; pointer = pointer.slice(0, pointer.lastIndexOf("/"))) {
    const field = within.querySelector<HTMLElement>(`[data-field="${CSS.escape(pointer)}"]`);
    if (field) return field.querySelector<HTMLElement>(FOCUSABLE);
  }
  return null;
}
