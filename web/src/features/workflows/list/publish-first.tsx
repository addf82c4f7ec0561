import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { api, got, type Schema } from "@/api/client";
import { workflowsQuery } from "@/api/queries";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { ErrorNote, Loading, Note } from "@/ui/feedback";
import { say } from "@/ui/toast";

/** Turning on what was never published: says why that is not enough, and what is in the way of more. */
export function PublishFirst({ item, onClose }: { item: Schema["WorkflowItem"]; onClose: () => void }) {
  const { t } = useTranslation("workflows");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const params = { path: { key: item.key } };
  const draft = useQuery({
    queryKey: ["workflow", item.key, "draft"],
    queryFn: () => got(api.GET("/api/v1/workflows/{key}/draft", { params })),
    staleTime: 0,
  });
  const publish = useMutation({
    mutationFn: async () => {
      await got(api.POST("/api/v1/workflows/{key}/publish", { params, body: {} }));
      await got(api.PATCH("/api/v1/workflows/{key}", { params, body: { enabled: true } }));
      await queries.invalidateQueries({ queryKey: workflowsQuery.queryKey, exact: true });
    },
    onSuccess: () => {
      say(t("switch.is_on", { title: item.title }));
      onClose();
    },
  });
  const problems = draft.data?.problems ?? [];
  return (
    <Dialog
      title={t("publish.title", { title: item.title })}
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onPress={() => navigate({ to: "/workflows/$key", params: { key: item.key } })}>
            {t("publish.open")}
          </Button>
          {draft.data && problems.length === 0 && (
            <Button look="primary" onPress={() => publish.mutate()} isPending={publish.isPending} autoFocus>
              {t("publish.confirm")}
            </Button>
          )}
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <p>{t("publish.text")}</p>
        {draft.isPending && <Loading lines={2} />}
        {(draft.error ?? publish.error) && <ErrorNote error={draft.error ?? publish.error} />}
        {problems.length > 0 && (
          <Note tone="error">
            <p>{t("publish.problems", { count: problems.length })}</p>
            <Problems problems={problems} />
          </Note>
        )}
      </div>
    </Dialog>
  );
}

/** What an author has to mend, each with its place in the document. */
export function Problems({ problems }: { problems: readonly Schema["DocumentProblem"][] }) {
  return (
    <ul className="mt-1 flex list-disc flex-col gap-1 pl-4">
      {problems.map(({ pointer, code, message }) => (
        <li key={`${pointer} ${code}`} className="break-words">
          {message} <code className="code text-ink-3">{pointer}</code>
        </li>
      ))}
    </ul>
  );
}
