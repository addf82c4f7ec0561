// The request that is tried: what the editor's subject stands for, or else the newest that came, or an example.

import { useQuery } from "@tanstack/react-query";
import type { Schema } from "@/api/client";
import { useTranslation } from "@/lib/i18n";
import { sampleEvent, type WrittenEvent } from "../../sample-event";
import { useEditor, useEditorStore } from "../store";
import { type Captured, eventQuery } from "./captured";

export interface Tried {
  /** Undefined while it is read. */
  event: WrittenEvent | undefined;
  error: Error | null;
  /** The id of what was chosen: a captured request, a saved sample, or `edited`, `example`. */
  source: string;
  edit: (change: Partial<Schema["WrittenEvent"]>) => void;
}

export function useTried(newest: Captured | undefined): Tried {
  const { t } = useTranslation("trigger");
  const store = useEditorStore();
  const flow = useEditor((editor) => editor.flow);
  const subject = useEditor((editor) => editor.subject);
  const captured =
    subject === null
      ? newest?.executionId
        ? newest
        : undefined
      : subject.kind === "event"
        ? undefined
        : { id: subject.id, executionId: subject.kind === "execution" ? subject.id : null };
  const read = useQuery({
    ...eventQuery(captured ?? { id: "", executionId: null }),
    enabled: captured !== undefined,
  });
  const event = captured ? read.data : subject?.kind === "event" ? subject.event : sampleEvent(flow);
  const edit = (change: Partial<Schema["WrittenEvent"]>) => {
    const written = { ...event, ...change };
    store.setState({ subject: { kind: "event", event: written, label: t("test.edited") } });
  };
  const source = captured ? captured.id : subject?.kind === "event" ? "edited" : "example";
  return { event, error: read.error, source, edit };
}
