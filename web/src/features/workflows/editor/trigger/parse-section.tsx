import { useState } from "react";
import { ApiError } from "@/api/client";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { ErrorNote, Note } from "@/ui/feedback";
import { TextField } from "@/ui/field";
import { type Outcome, useParse, useRemoval } from "./fill";
import type { Table } from "./rows";

/** A sample is pasted, and its paths come into the table below. */
export function Parser({ table, onParsed }: { table: "query" | "body"; onParsed: (outcome: Outcome) => void }) {
  const { t } = useTranslation("trigger");
  const parse = useParse();
  const [text, setText] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    try {
      onParsed(await parse(table, text));
      setError(null);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="flex flex-col gap-2">
      <TextField
        label={t(`${table}.sample`)}
        placeholder={t(`${table}.sample_example`)}
        lines={table === "body" ? 6 : undefined}
        mono
        value={text}
        onChange={setText}
        spellCheck="false"
        onKeyDown={(event) => {
          const enters = event.key === "Enter" && (table === "query" || event.ctrlKey || event.metaKey);
          if (enters && text.trim() !== "") {
            event.preventDefault();
            run();
          }
        }}
      />
      <Button className="self-start" onPress={run} isPending={busy} isDisabled={text.trim() === ""}>
        {t("parse")}
      </Button>
      {error !== null && <SampleError error={error} />}
    </div>
  );
}

/** Where a sample is not JSON; the table is as it was. */
export function SampleError({ error }: { error: unknown }) {
  const { t } = useTranslation("trigger");
  if (!(error instanceof ApiError) || error.code !== "sample.not_json") return <ErrorNote error={error} />;
  const { line, column } = error.problem;
  return (
    <Note tone="error" code={error.code}>
      {t("body.not_json", { line, column })} <span className="text-ink-2">{error.message}</span>
    </Note>
  );
}

/** What the last sample brought, and what it lacked: that stays until a person says otherwise. */
export function ParsedNote({ table, outcome, onDone }: { table: Table; outcome: Outcome; onDone: () => void }) {
  const { t } = useTranslation("trigger");
  const remove = useRemoval();
  const { fresh, gone } = outcome;
  return (
    <div role="status">
      <Note
        action={
          gone.length > 0 && (
            <span className="-my-1 flex flex-wrap justify-end gap-1">
              <Button
                look="quiet"
                onPress={() => {
                  remove(table, gone);
                  onDone();
                }}
              >
                {t("parsed.remove")}
              </Button>
              <Button look="quiet" onPress={onDone}>
                {t("parsed.keep")}
              </Button>
            </span>
          )
        }
      >
        {fresh.length === 0 && gone.length === 0 ? t("parsed.same") : t("parsed.new", { count: fresh.length })}
        {gone.length > 0 && (
          <>
            {" · "}
            {t("parsed.gone", { count: gone.length })}
            <span className="code block truncate text-ink-3" title={gone.join(", ")}>
              {gone.join(", ")}
            </span>
          </>
        )}
      </Note>
    </div>
  );
}
