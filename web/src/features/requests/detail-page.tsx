import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { Bookmark } from "lucide-react";
import { useState } from "react";
import { ApiError, type Schema } from "@/api/client";
import { useMay } from "@/api/may";
import { requestQuery, workflowsQuery } from "@/api/queries";
import { header, jsonOf } from "@/lib/content";
import { curl } from "@/lib/curl";
import { bytes, dateTime } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";
import { masked } from "@/lib/mask";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { WorkflowName } from "@/ui/feed/workflow-name";
import { Empty, ErrorNote, Loading, Note } from "@/ui/feedback";
import { Body } from "@/ui/http/body";
import { Headers } from "@/ui/http/headers";
import { SampleDialog } from "@/ui/http/sample-dialog";
import { Value } from "@/ui/http/value";
import { Page } from "@/ui/page";
import { Section } from "@/ui/section";
import { StatusShape } from "@/ui/status";
import { useCause } from "./causes";

type RequestView = Schema["RequestView"];

/** Of a refused body the log keeps this much, unless the server is set otherwise (`refused_body_bytes_max`). */
const KEPT_BYTES = 8_192;

export function RequestPage() {
  const { t } = useTranslation("requests");
  const { id } = useParams({ from: "/shell/requests/$id" });
  const { data, error, isPending, refetch } = useQuery(requestQuery(id));
  if (isPending || !data) {
    const gone = error instanceof ApiError && error.status === 404;
    return (
      <Page title={t("detail.title")}>
        {isPending ? (
          <Loading lines={8} />
        ) : gone ? (
          <Empty
            title={t("detail.gone")}
            action={
              <Link to="/requests" className="text-accent underline">
                {t("detail.to_list")}
              </Link>
            }
          >
            {t("detail.gone_text")}
          </Empty>
        ) : (
          <ErrorNote error={error} onRetry={() => refetch()} />
        )}
      </Page>
    );
  }
  return <Detail request={data} />;
}

function Detail({ request }: { request: RequestView }) {
  const { t } = useTranslation("requests");
  const { t: i } = useTranslation("inspect");
  const navigate = useNavigate();
  const mayAuthor = useMay("author");
  const [saving, setSaving] = useState(false);
  const { data: workflows } = useQuery(workflowsQuery);
  const url = workflows?.find(({ id }) => id === request.workflow_id)?.url;
  const { execution_id } = request;
  return (
    <Page
      title={t("detail.title")}
      actions={
        <>
          {url && <CopyButton words text={lineOf(request, url)} label={i("http.copy_curl")} />}
          {mayAuthor && (
            <Button icon={<Bookmark size={15} aria-hidden />} onPress={() => setSaving(true)}>
              {t("detail.use_as_sample")}
            </Button>
          )}
          {execution_id && (
            <Button look="primary" onPress={() => navigate({ to: "/executions/$id", params: { id: execution_id } })}>
              {t("detail.open_execution")}
            </Button>
          )}
        </>
      }
    >
      <Facts request={request} />
      {request.outcome === "refused" && <Refusal request={request} />}
      <div className="flex flex-col">
        {request.query_string && (
          <Section title={i("http.query")} level={2}>
            <code className="code break-all" dir="auto">
              ?{request.query_string}
            </code>
            <Value value={request.query} label={i("http.query")} root="trigger.query" />
          </Section>
        )}
        <Section title={i("http.body")} level={2}>
          {request.outcome === "refused" && request.bytes >= KEPT_BYTES && <Note>{t("detail.cut")}</Note>}
          {isUnread(request) ? (
            <p className="text-ink-3">{t("detail.not_read")}</p>
          ) : (
            <Body content={request} label={i("http.body")} root="trigger.body" />
          )}
        </Section>
        <Section title={i("http.headers", { count: request.headers.length })} level={2}>
          <Headers headers={request.headers} label={i("http.headers", { count: request.headers.length })} />
        </Section>
      </div>
      {saving && (
        <SampleDialog workflow={request.workflow_key} event={writtenOf(request)} onClose={() => setSaving(false)} />
      )}
    </Page>
  );
}

/** What is wrong with the head is told before the body is taken. */
function isUnread({ outcome, bytes, headers }: RequestView): boolean {
  return (
    outcome === "refused" &&
    bytes === 0 &&
    header(headers, "content-length") !== "0" &&
    header(headers, "content-length") !== undefined
  );
}

function Facts({ request }: { request: RequestView }) {
  const { t } = useTranslation("requests");
  const type = header(request.headers, "content-type");
  const refused = request.outcome === "refused";
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-ink-2">
      <span
        className={`inline-flex items-center gap-1.5 text-control font-medium ${refused ? "text-refused" : "text-succeeded"}`}
      >
        <StatusShape status={refused ? "refused" : "succeeded"} />
        {t(`outcome.${request.outcome}`)}
      </span>
      <span className="flex min-w-0 items-center">
        <code className="code truncate">{request.id}</code>
        <CopyButton text={request.id} label={t("detail.copy_id")} />
      </span>
      <Link
        to="/workflows/$key"
        params={{ key: request.workflow_key }}
        className="min-w-0 truncate text-accent underline"
      >
        <WorkflowName id={request.workflow_id} workflowKey={request.workflow_key} />
      </Link>
      <span className="code">
        {request.method}
        {request.status !== null && ` → ${request.status}`}
      </span>
      <time dateTime={request.received_at} title={request.received_at}>
        {dateTime(request.received_at)}
      </time>
      <span>{t("detail.from", { address: request.remote_addr })}</span>
      <span>{bytes(request.bytes)}</span>
      {type && <span className="code break-all">{type}</span>}
    </div>
  );
}

/** Why it was turned away, and what helps. */
function Refusal({ request }: { request: RequestView }) {
  const { t } = useTranslation("requests");
  const { what, remedy } = useCause()(request.code, request.detail);
  return (
    <section
      aria-label={t("detail.why")}
      className="flex items-start gap-2.5 rounded-card border border-refused bg-surface p-4"
    >
      <StatusShape status="refused" size={18} />
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <h2 className="text-control font-semibold">{what}</h2>
        {remedy && <p>{remedy}</p>}
        {request.detail && (
          <p className="break-words text-ink-2" dir="auto">
            {t("detail.told")} {request.detail}{" "}
            <span className="code text-ink-3">
              {request.status} {request.code}
            </span>
          </p>
        )}
      </div>
    </section>
  );
}

function lineOf(request: RequestView, url: string): string {
  const { method, query_string, headers, body, body_base64 } = request;
  return curl({ url, method, query: query_string, headers: masked(headers), body, bodyBase64: body_base64 });
}

/** As something that an endpoint would take: a POST that says what it is, without what proves who somebody is. */
function writtenOf({ query_string, headers, body, body_base64 }: RequestView): Schema["WrittenEvent"] {
  const safe = masked(headers).filter((line, index) => line[1] === headers[index]?.[1]);
  const isJson = jsonOf(body) !== undefined;
  const told: [string, string][] = isJson
    ? [["content-type", "application/json"], ...safe.filter(([name]) => name.toLowerCase() !== "content-type")]
    : safe;
  return { method: "POST", query_string, headers: told, ...(body === null ? { body_base64 } : { body }) };
}
