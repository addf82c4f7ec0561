import { Bookmark } from "lucide-react";
import { useState } from "react";
import type { Schema } from "@/api/client";
import { useMay } from "@/api/may";
import { header } from "@/lib/content";
import { curl } from "@/lib/curl";
import { dateTime } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";
import { masked } from "@/lib/mask";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { Body } from "@/ui/http/body";
import { Headers } from "@/ui/http/headers";
import { SampleDialog } from "@/ui/http/sample-dialog";
import { Value } from "@/ui/http/value";
import { Section } from "@/ui/section";

export function RequestTab({ execution, url }: { execution: Schema["ExecutionView"]; url: string }) {
  const { t } = useTranslation("executions");
  const { t: i } = useTranslation("inspect");
  const mayAuthor = useMay("author");
  const [saving, setSaving] = useState(false);
  const { event } = execution;
  const line = curl({
    url,
    method: event.method,
    query: event.query_string,
    headers: masked(event.headers),
    body: event.body,
    bodyBase64: event.body_base64,
  });
  return (
    <div className="flex flex-col">
      <div className="flex flex-wrap items-center gap-2 pb-2">
        <p className="min-w-0 flex-1 break-words">
          <span className="code font-medium">{event.method}</span>{" "}
          <span className="text-ink-2">
            {t("request.from", { address: event.remote_addr, time: dateTime(event.received_at) })}
          </span>
          {header(event.headers, "content-type") && (
            <span className="code text-ink-3"> {header(event.headers, "content-type")}</span>
          )}
        </p>
        <CopyButton words text={line} label={i("http.copy_curl")} />
        {mayAuthor && (
          <Button icon={<Bookmark size={15} aria-hidden />} onPress={() => setSaving(true)}>
            {i("sample.save")}
          </Button>
        )}
      </div>
      {event.query_string && (
        <Section level={2} title={i("http.query")}>
          <code className="code break-all" dir="auto">
            ?{event.query_string}
          </code>
          <Value value={event.query} label={i("http.query")} root="trigger.query" />
        </Section>
      )}
      <Section level={2} title={i("http.body")}>
        <Body content={event} label={i("http.body")} root="trigger.body" />
      </Section>
      <Section level={2} title={i("http.headers", { count: event.headers.length })}>
        <Headers headers={event.headers} label={i("http.headers", { count: event.headers.length })} />
      </Section>
      {saving && (
        <SampleDialog workflow={execution.workflow_key} event={writtenOf(event)} onClose={() => setSaving(false)} />
      )}
    </div>
  );
}

/** Without what proves who somebody is: samples are for everybody who edits. */
function writtenOf(event: Schema["EventView"]): Schema["WrittenEvent"] {
  const { method, query_string, body, body_base64 } = event;
  const headers = masked(event.headers).filter((line, index) => line[1] === event.headers[index]?.[1]);
  return { method, query_string, headers, ...(body === null ? { body_base64 } : { body }) };
}
