// The way from an empty server to a webhook that answers with a value of its own, one line at a time.

import { useSuspenseQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { X } from "lucide-react";
import { useState } from "react";
import { workflowQuery } from "@/api/queries";
import { walk } from "@/flow/document";
import { useTranslation } from "@/lib/i18n";
import { Button, IconButton } from "@/ui/button";
import { useEditor } from "../store";

const KEPT = "hookflow.coach";

/** Stands at the foot of the drawer where the page was opened with `?coach=1`, and once closed never again. */
export function Coach({ hasRequest }: { hasRequest: boolean }) {
  const { t } = useTranslation(["trigger", "common"]);
  const search: Record<string, unknown> = useSearch({ strict: false });
  const key = useEditor((editor) => editor.key);
  const learned = useEditor(({ flow }) => (flow.trigger.body ?? []).length > 0);
  const response = useEditor(({ flow }) => [...walk(flow)].find(({ node }) => node.kind === "response")?.node.key);
  const reveal = useEditor((editor) => editor.reveal);
  const { data: workflow } = useSuspenseQuery(workflowQuery(key));
  const [begunAt] = useState(workflow.revision);
  const [closed, setClosed] = useState(() => localStorage.getItem(KEPT) === "closed");
  // Published once more: the way has been gone.
  const done = workflow.revision !== begunAt;
  if (closed || done || String(search.coach) !== "1") return null;
  const close = () => {
    localStorage.setItem(KEPT, "closed");
    setClosed(true);
  };
  const step = !hasRequest ? 1 : !learned ? 2 : 3;
  return (
    <div
      role="status"
      className="sticky bottom-0 z-10 -mx-4 flex items-center gap-3 border-t border-line bg-accent-soft px-4 py-2 text-body"
    >
      <span className="flex size-6 shrink-0 items-center justify-center rounded-full bg-accent text-meta font-medium text-accent-ink">
        {step}
      </span>
      <span className="min-w-0 flex-1">{t(`coach.step_${step}`)}</span>
      {step === 3 && response !== undefined && (
        <Button onPress={() => reveal(response, "/config/body")}>{t("coach.open_response")}</Button>
      )}
      <IconButton label={t("coach.close")} onPress={close}>
        <X size={16} aria-hidden />
      </IconButton>
    </div>
  );
}
