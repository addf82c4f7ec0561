import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { api, got } from "@/api/client";
import { workflowsQuery } from "@/api/queries";
import { curl } from "@/lib/curl";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { Empty } from "@/ui/feedback";

/** Nothing is in the list: because of its filters, or because nothing has ever been. */
export function Nothing({
  isFiltered,
  workflow,
  onClear,
}: {
  isFiltered: boolean;
  workflow?: string;
  onClear: () => void;
}) {
  const { t } = useTranslation("executions");
  const navigate = useNavigate();
  const { data } = useQuery({
    queryKey: ["executions", "any", workflow ?? null],
    queryFn: ({ signal }) => got(api.GET("/api/v1/executions", { params: { query: { workflow, limit: 1 } }, signal })),
  });
  if (!data) return null;
  if (data.items.length === 0) return <NothingYet workflow={workflow} />;
  if (isFiltered) return <NoMatch onClear={onClear} />;
  return (
    <Empty
      title={t("nothing.lately")}
      action={
        <Button onPress={() => navigate({ to: "/executions", search: { range: "any" } })}>
          {t("nothing.any_time")}
        </Button>
      }
    />
  );
}

/** Nothing matches. */
function NoMatch({ onClear }: { onClear: () => void }) {
  const { t } = useTranslation("executions");
  return (
    <Empty title={t("nothing.no_match")} action={<Button onPress={onClear}>{t("nothing.clear")}</Button>}>
      {t("nothing.no_match_text")}
    </Empty>
  );
}

/** Nothing has ever been: where to send to, and that somebody listens. */
function NothingYet({ workflow }: { workflow?: string }) {
  const { t } = useTranslation("executions");
  const { data = [] } = useQuery(workflowsQuery);
  const called = data.find(({ key }) => key === workflow) ?? data.find(({ enabled, revision }) => enabled && revision);
  if (!called) {
    return (
      <Empty
        title={t("nothing.yet")}
        action={
          <Link to="/workflows" className="text-accent underline">
            {t("nothing.to_workflows")}
          </Link>
        }
      >
        {t("nothing.no_workflow")}
      </Empty>
    );
  }
  const line = curl({ url: called.url, body: '{"hello": "world"}' });
  return (
    <Empty title={t("nothing.yet")}>
      <p>{t("nothing.send", { workflow: called.title })}</p>
      <div className="mt-4 flex flex-col gap-2 text-left">
        <Copied text={called.url} label={t("nothing.copy_url")} />
        <Copied text={line} label={t("nothing.copy_curl")} />
      </div>
      <p role="status" className="mt-4 flex items-center justify-center gap-2 text-ink-2">
        <span aria-hidden className="size-2 animate-pulse rounded-full bg-succeeded" />
        {t("nothing.listening")}
      </p>
    </Empty>
  );
}

function Copied({ text, label }: { text: string; label: string }) {
  return (
    <div className="flex items-start gap-1 rounded-control border border-line bg-surface py-1 pr-1 pl-3">
      <code className="code min-w-0 flex-1 py-1 break-all whitespace-pre-wrap">{text}</code>
      <CopyButton text={text} label={label} />
    </div>
  );
}
