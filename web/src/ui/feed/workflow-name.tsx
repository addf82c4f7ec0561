import { useQuery } from "@tanstack/react-query";
import { workflowsQuery } from "@/api/queries";
import { useTranslation } from "@/lib/i18n";

/** A workflow's title; of one that was deleted, its key. */
export function WorkflowName({ id, workflowKey }: { id: string; workflowKey: string }) {
  const { t } = useTranslation("inspect");
  const { data } = useQuery(workflowsQuery);
  const title = data?.find((workflow) => workflow.id === id)?.title;
  if (title || !data) return <span dir="auto">{title ?? "…"}</span>;
  return (
    <span title={t("feed.deleted")}>
      <span className="code">{workflowKey}</span> <span className="text-ink-3">{t("feed.deleted")}</span>
    </span>
  );
}

export function useWorkflowTitle(id: string): string | undefined {
  const { data } = useQuery(workflowsQuery);
  return data?.find((workflow) => workflow.id === id)?.title;
}
