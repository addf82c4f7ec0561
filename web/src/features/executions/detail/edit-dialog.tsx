import { useState } from "react";
import type { Schema } from "@/api/client";
import { useTranslation } from "@/lib/i18n";
import { isSecret, linesOf } from "@/lib/mask";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { ErrorNote, Note } from "@/ui/feedback";
import { TextField } from "@/ui/field";
import { Select } from "@/ui/select";
import { headerLines, readLines } from "./header-lines";
import { replay } from "./replay";

/** The request of an execution, edited before it runs again. */
export function EditDialog({
  execution,
  onClose,
  onDone,
}: {
  execution: Schema["ExecutionView"];
  onClose: () => void;
  onDone: (id: string) => void;
}) {
  const { t } = useTranslation(["executions", "common"]);
  const { event } = execution;
  const [method, setMethod] = useState(event.method);
  // What proves who somebody is goes along unseen.
  const hidden = linesOf(event.headers).filter(([name]) => isSecret(name));
  const [headers, setHeaders] = useState(() => headerLines(linesOf(event.headers).filter(([name]) => !isSecret(name))));
  const [query, setQuery] = useState(event.query_string);
  const [body, setBody] = useState(event.body ?? "");
  const [revision, setRevision] = useState<Schema["WantedWord"]>("same");
  const [error, setError] = useState<unknown>(null);
  const [pending, setPending] = useState(false);
  const read = readLines(headers);
  const isBinary = event.body === null && event.body_base64 !== null;
  const go = async () => {
    setPending(true);
    setError(null);
    try {
      const content = isBinary ? { body_base64: event.body_base64 } : { body };
      const written = {
        method,
        headers: [...read.lines, ...hidden.map(([name, value]) => [name, value])],
        query_string: query,
        ...content,
      };
      onDone(await replay(execution.id, { revision, event: written }));
    } catch (error) {
      setError(error);
      setPending(false);
    }
  };
  return (
    <Dialog
      title={t("edit.title")}
      isOpen
      onClose={onClose}
      width="wide"
      footer={
        <>
          <Button onPress={onClose}>{t("common:cancel")}</Button>
          <Button look="primary" onPress={go} isPending={pending} isDisabled={read.wrong !== undefined}>
            {t("edit.go")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <div className="grid grid-cols-[8rem_minmax(0,1fr)_14rem] gap-3 max-narrow:grid-cols-1">
          <TextField label={t("edit.method")} value={method} onChange={setMethod} mono />
          <TextField label={t("edit.query")} value={query} onChange={setQuery} placeholder="a=1&b=2" mono />
          <Select
            label={t("in_turn.with")}
            value={revision}
            onChange={setRevision}
            options={(["same", "live", "draft"] as const).map((id) => ({ id, label: t(`replay.${id}`) }))}
          />
        </div>
        <TextField
          label={t("edit.headers")}
          help={
            hidden.length > 0
              ? t("edit.headers_hidden", { names: hidden.map(([name]) => name).join(", ") })
              : t("edit.headers_help")
          }
          problem={read.wrong === undefined ? undefined : t("edit.headers_wrong", { line: read.wrong })}
          value={headers}
          onChange={setHeaders}
          lines={6}
          mono
        />
        {isBinary ? (
          <Note>{t("edit.binary")}</Note>
        ) : (
          <TextField label={t("edit.body")} value={body} onChange={setBody} lines={10} mono />
        )}
        <p className="text-ink-2">{t("in_turn.effects")}</p>
        {error !== null && <ErrorNote error={error} />}
      </div>
    </Dialog>
  );
}
