import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, got } from "@/api/client";
import { workflowQuery } from "@/api/queries";
import { useTranslation } from "@/lib/i18n";
import { errorText } from "@/ui/feedback";
import { say } from "@/ui/toast";
import { TITLE_MAX } from "../commands/rename";

/** The workflow's name, changed where it stands: it belongs to no draft, so it counts at once. */
export function WorkflowTitle({ of, title }: { of: string; title: string }) {
  const { t } = useTranslation(["editor", "common"]);
  const queries = useQueryClient();
  const [typed, setTyped] = useState<string | null>(null);
  const rename = useMutation({
    mutationFn: (title: string) =>
      got(api.PATCH("/api/v1/workflows/{key}", { params: { path: { key: of } }, body: { title } })),
    onSuccess: (workflow) => queries.setQueryData(workflowQuery(of).queryKey, workflow),
    onError: (error) => say(errorText(error, t("common:unreachable")), { tone: "error" }),
    onSettled: () => setTyped(null),
  });
  const keep = () => {
    const wanted = typed?.trim();
    if (!wanted || wanted === title) setTyped(null);
    else rename.mutate(wanted);
  };
  return (
    <div className="relative min-w-0 text-title font-semibold">
      <h1 className="sr-only">{title}</h1>
      {/* As wide as what is in it. */}
      <span aria-hidden className="invisible block truncate border border-transparent pr-2.5 pl-1.5 whitespace-pre">
        {typed ?? title}
      </span>
      <input
        aria-label={t("workflow_title")}
        value={typed ?? title}
        maxLength={TITLE_MAX}
        dir="auto"
        onChange={(event) => setTyped(event.target.value)}
        onBlur={keep}
        onKeyDown={(event) => {
          if (event.key === "Enter") event.currentTarget.blur();
          if (event.key === "Escape") setTyped(null);
        }}
        className="absolute inset-0 w-full min-w-0 truncate rounded-control border border-transparent bg-transparent px-1.5 hover:border-line"
      />
    </div>
  );
}
