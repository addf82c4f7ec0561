import type { FlowNode } from "@/flow/document";
import { bytes } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";
import { CopyButton } from "@/ui/copy";
import { ErrorNote, Loading, Note } from "@/ui/feedback";
import { useNodeSeen, useSeen } from "../../fields/previews";
import { With } from "../../fields/with";
import { nameOf } from "./statuses";

/** The answer as it would go out for the request that is looked at. */
export function AnswerPreview({ node }: { node: FlowNode }) {
  const { t } = useTranslation("fields");
  const seen = useNodeSeen(node);
  const { error } = useSeen();
  if (error) return <ErrorNote error={error} />;
  if (!seen) return <Loading lines={4} />;
  const { answer, missing, error: wrong } = seen;
  return (
    <div className="flex min-w-0 flex-col gap-3" aria-live="polite">
      <With />
      {wrong && (
        <Note tone="error" code={wrong.code}>
          {wrong.message}
        </Note>
      )}
      {missing.length > 0 && (
        <Note tone="warning">{t("missing", { paths: missing.map(({ path }) => path).join(", ") })}</Note>
      )}
      {answer && (
        <div className="overflow-hidden rounded-control border border-line">
          <div className="flex items-center justify-between gap-2 border-b border-line bg-sunken py-1 pr-1 pl-3">
            <span className="code font-medium">
              {answer.status} {nameOf(answer.status)}
            </span>
            <CopyButton text={answer.body ?? answer.body_base64 ?? ""} label={t("response.copy_body")} />
          </div>
          <dl className="code flex flex-col border-b border-line px-3 py-2">
            {answer.headers.map(([name, value], index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: headers have no other name than their place
              <div key={index} className="flex min-w-0 gap-2">
                <dt className="shrink-0 text-ink-3">{name}:</dt>
                <dd className="min-w-0 break-all" dir="auto">
                  {value}
                </dd>
              </div>
            ))}
            {answer.headers.length === 0 && <span className="text-ink-3">{t("response.no_headers")}</span>}
          </dl>
          <pre className="code max-h-96 overflow-auto px-3 py-2 break-words whitespace-pre-wrap" dir="auto">
            {answer.body ?? answer.body_base64 ?? ""}
          </pre>
          <p className="border-t border-line px-3 py-1 text-meta text-ink-3">
            {answer.body === ""
              ? t("response.empty_body")
              : t("response.size", { size: bytes(new TextEncoder().encode(answer.body ?? "").length) })}
          </p>
        </div>
      )}
      <p className="text-meta text-ink-3">{t("response.added_headers")}</p>
    </div>
  );
}
