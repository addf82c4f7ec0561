import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { workflowQuery } from "@/api/queries";
import { useTranslation } from "@/lib/i18n";
import { Badge } from "@/ui/feedback";
import { Section } from "@/ui/section";
import { useEditor } from "../store";
import { type Captured, useCaptured } from "../test/captured";
import { Address } from "./address";
import { Answer } from "./answer";
import { CapturedList } from "./captured-list";
import { Coach } from "./coach";
import { Credentials } from "./credentials";
import { DeclaredTable } from "./declared-table";
import { type Outcome, useFill } from "./fill";
import { Limits } from "./limits";
import { ParsedNote, Parser, SampleError } from "./parse-section";
import type { Table } from "./rows";

/** What the drawer of the trigger holds below its header, in the order in which it is needed. */
export function TriggerPanel() {
  const { t } = useTranslation("trigger");
  const key = useEditor((editor) => editor.key);
  const mode = useEditor((editor) => editor.flow.mode);
  const trigger = useEditor((editor) => editor.flow.trigger);
  const { data: workflow } = useSuspenseQuery(workflowQuery(key));
  const { items, isPending } = useCaptured(key, workflow.id);
  const fill = useFill();
  const [outcomes, setOutcomes] = useState<Partial<Record<Table, Outcome>>>({});
  const [error, setError] = useState<unknown>(null);
  const use = async (captured: Captured) => {
    try {
      const filled = Object.entries(await fill(captured));
      setOutcomes(Object.fromEntries(filled.filter(([, { fresh, gone }]) => fresh.length + gone.length > 0)));
      setError(null);
    } catch (problem) {
      setError(problem);
    }
  };
  const note = (table: Table) => {
    const outcome = outcomes[table];
    const done = () => setOutcomes((all) => ({ ...all, [table]: undefined }));
    return outcome && <ParsedNote table={table} outcome={outcome} onDone={done} />;
  };
  const rows = (table: Table) => {
    const count = trigger[table]?.length ?? 0;
    return count > 0 ? <Badge>{count}</Badge> : undefined;
  };
  return (
    <div className="flex flex-col">
      <Address last={items[0]} />
      <Section
        title={t("requests.title")}
        badge={<span className="meta">{t("requests.live")}</span>}
        action={
          <Link to="/requests" search={{ workflow: key }} className="text-meta text-accent">
            {t("requests.all")}
          </Link>
        }
      >
        <CapturedList items={items} isPending={isPending} onUse={use} />
        {error !== null && <SampleError error={error} />}
      </Section>
      <Section
        title={t("security.title")}
        isOpen={false}
        badge={workflow.credentials ? <Badge>Basic</Badge> : undefined}
      >
        <Credentials />
      </Section>
      <Section title={t("headers.title")} badge={rows("headers")}>
        {note("headers")}
        <DeclaredTable table="headers" />
      </Section>
      <Section title={t("query.title")} badge={rows("query")}>
        <Parser table="query" onParsed={(query) => setOutcomes((all) => ({ ...all, query }))} />
        {note("query")}
        <DeclaredTable table="query" />
      </Section>
      <Section title={t("body.title")} badge={rows("body")}>
        <Parser table="body" onParsed={(body) => setOutcomes((all) => ({ ...all, body }))} />
        {note("body")}
        <DeclaredTable table="body" />
      </Section>
      {mode === "async" && (
        <Section title={t("answer.title")}>
          <Answer />
        </Section>
      )}
      <Section title={t("limits.title")} isOpen={false}>
        <Limits />
      </Section>
      <Coach hasRequest={items.length > 0} />
    </div>
  );
}
