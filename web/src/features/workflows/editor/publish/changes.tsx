// Differences of two documents in words.

import { ArrowRight } from "lucide-react";
import type { Difference } from "@/flow/differences";
import type { Json } from "@/flow/document";
import { useTranslation } from "@/lib/i18n";
import { ruleText } from "@/nodes/kinds";
import { useNodeTitle } from "@/nodes/names";

export function Changes({ changes }: { changes: Difference[] }) {
  const { t } = useTranslation("editor");
  if (changes.length === 0) return <p className="text-body text-ink-2">{t("changes.none")}</p>;
  return (
    <ul
      aria-label={t("changes.label")}
      className="flex flex-col divide-y divide-line rounded-control border border-line"
    >
      {changes.map((change) => (
        <Change key={nameOf(change)} change={change} />
      ))}
    </ul>
  );
}

function nameOf(change: Difference): string {
  return `${change.what} ${"node" in change ? change.node.key : ""} ${"field" in change ? change.field : ""}`;
}

function Change({ change }: { change: Difference }) {
  const { t } = useTranslation("editor");
  const titleOf = useNodeTitle();
  const title = "node" in change ? titleOf(change.node) : change.what === "trigger" ? titleOf(null) : t("changes.flow");
  if (!("field" in change)) {
    return (
      <li className="px-3 py-2 text-body">
        <span className="font-medium">{title}</span> <span className="text-ink-2">{t(`changes.${change.what}`)}</span>
      </li>
    );
  }
  const { field, before, after } = change;
  const row = /^(\w+)\[(.*)\]$/.exec(field);
  const name = row
    ? `${t(`field.${row[1] as "body"}`, { defaultValue: row[1] })} ${row[2]}`
    : t(`field.${(field.split(".").at(-1) ?? "") as "body"}`, { defaultValue: field.replace(/^config\./, "") });
  return (
    <li className="flex flex-col gap-0.5 px-3 py-2 text-body">
      <span>
        <span className="font-medium">{title}</span> <span className="text-ink-2">{name}</span>
      </span>
      <span className="code flex flex-wrap items-center gap-x-2 gap-y-1">
        <del className="max-w-full truncate text-ink-3" dir="auto">
          {valueText(field, before) || t("changes.nothing")}
        </del>
        <ArrowRight size={12} className="shrink-0 text-ink-3" aria-label={t("changes.to")} />
        <ins className="max-w-full break-words no-underline" dir="auto">
          {valueText(field, after) || t("changes.nothing")}
        </ins>
      </span>
    </li>
  );
}

function valueText(field: string, value: Json | undefined): string {
  if (value === undefined) return "";
  if (field.endsWith("rule")) return ruleText(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}
