import { Plus, Trash2 } from "lucide-react";
import { readJson } from "@/flow/json-text";
import { useTranslation } from "@/lib/i18n";
import { Button, IconButton } from "@/ui/button";
import { INPUT, TextField } from "@/ui/field";
import { Select } from "@/ui/select";
import type { WrittenEvent } from "../../sample-event";

const METHODS = ["POST", "GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] as const;

/** A request as a sender would write it. */
export function RequestEditor({
  event,
  onChange,
}: {
  event: WrittenEvent;
  onChange: (change: Partial<WrittenEvent>) => void;
}) {
  const { t } = useTranslation(["trigger", "common"]);
  const headers = event.headers ?? [];
  const method = event.method ?? "POST";
  const setHeader = (index: number, part: 0 | 1, text: string) =>
    onChange({ headers: headers.map((line, at) => (at === index ? line.with(part, text) : line)) });
  const body = event.body ?? "";
  const { problem } = body.trim() === "" ? { problem: undefined } : readJson(body);
  return (
    <div className="flex flex-col gap-3">
      <div className="flex gap-2">
        <Select
          label={t("test.method")}
          value={method}
          onChange={(wanted) => onChange({ method: wanted })}
          options={[...new Set([...METHODS, method])].map((id) => ({ id, label: id }))}
          className="w-28 shrink-0"
        />
        <TextField
          label={t("test.query")}
          mono
          placeholder="page=1&tags[]=new"
          value={event.query_string ?? ""}
          onChange={(query_string) => onChange({ query_string: query_string.replace(/^\?/, "") })}
          className="flex-1"
        />
      </div>
      <fieldset className="flex flex-col gap-1.5">
        <legend className="mb-1 text-body font-medium text-ink-2">{t("test.headers")}</legend>
        {headers.map(([name = "", value = ""], index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a header is its place; its name is being typed
          <div key={index} className="flex gap-2">
            <input
              aria-label={t("test.header_name")}
              value={name}
              spellCheck={false}
              onChange={(change) => setHeader(index, 0, change.target.value)}
              className={`${INPUT} code max-w-44`}
            />
            <input
              aria-label={t("test.header_value", { name })}
              value={value}
              spellCheck={false}
              onChange={(change) => setHeader(index, 1, change.target.value)}
              className={`${INPUT} code flex-1`}
            />
            <IconButton
              label={t("test.header_delete", { name })}
              onPress={() => onChange({ headers: headers.filter((_, at) => at !== index) })}
            >
              <Trash2 size={15} aria-hidden />
            </IconButton>
          </div>
        ))}
        <Button
          look="quiet"
          className="-ml-2 self-start"
          icon={<Plus size={16} aria-hidden />}
          onPress={() => onChange({ headers: [...headers, ["", ""]] })}
        >
          {t("test.header_add")}
        </Button>
      </fieldset>
      {event.body_base64 ? (
        <p className="text-ink-3">{t("test.body_binary")}</p>
      ) : (
        <div className="flex flex-col gap-1">
          <TextField
            label={t("test.body")}
            lines={8}
            mono
            spellCheck="false"
            value={body}
            onChange={(text) => onChange({ body: text, body_base64: undefined })}
          />
          {problem && (
            <p role="status" className="text-meta text-timed-out">
              {t("test.not_json", { line: problem.line, column: problem.column })}
            </p>
          )}
        </div>
      )}
    </div>
  );
}
