import { Plus, Trash2 } from "lucide-react";
import { useMemo, useState } from "react";
import type { DeclaredHeader, DeclaredValue, Json, ValueType } from "@/flow/document";
import { useTranslation } from "@/lib/i18n";
import { Button, IconButton } from "@/ui/button";
import { setInTrigger } from "../commands/set";
import { useProblems } from "../problems";
import { useEditor } from "../store";
import { type RowMistake, rowMistakes, rowUses, type Table } from "./rows";

type Row = DeclaredHeader | DeclaredValue;
const TYPES: ValueType[] = ["text", "number", "boolean", "list", "object", "null"];
/** More rows are shown when asked for: each has fields, and a large sample has thousands of paths. */
const SHOWN_MAX = 200;
/** Characters of an alias (domain::flow::limits). */
const ALIAS_MAX = 200;

const INPUT =
  "h-8 w-full min-w-0 rounded-control border border-transparent bg-transparent px-1.5 placeholder:text-ink-3 hover:border-line focus:border-accent focus:outline-1 focus:outline-offset-0 touch:h-11";

/** The declared parts of a request, one table of the three, edited in place. */
export function DeclaredTable({ table }: { table: Table }) {
  const { t } = useTranslation(["trigger", "common"]);
  const flow = useEditor((editor) => editor.flow);
  const edit = useEditor((editor) => editor.edit);
  const problems = useProblems();
  const [all, setAll] = useState(false);
  const rows: readonly Row[] = flow.trigger[table] ?? [];
  const mistakes = useMemo(() => rowMistakes(flow.trigger), [flow.trigger]);
  const uses = useMemo(() => rowUses(flow), [flow]);
  const said = (index: number) =>
    problems.find(({ of, at }) => of === "" && (at === `/${table}/${index}` || at.startsWith(`/${table}/${index}/`)));
  const add = () => {
    const row = table === "headers" ? { name: "" } : { path: "" };
    edit("field", setInTrigger([table, rows.length], row));
    // The new row's first field, once it is there.
    requestAnimationFrame(() =>
      document.querySelector<HTMLElement>(`[data-pointer="/${table}/${rows.length}"] input`)?.focus(),
    );
  };
  const remove = (index: number) =>
    edit("field", setInTrigger(rows.length === 1 ? [table] : [table, index], undefined));
  const head = "px-1.5 py-1 text-left text-meta font-medium text-ink-3";
  return (
    <div className="flex flex-col gap-2">
      {rows.length > 0 && (
        <table className="w-full table-fixed border-collapse" aria-label={t(`${table}.table`)}>
          <thead>
            <tr>
              <th className={head}>{t(table === "headers" ? "column.header" : "column.path")}</th>
              {table !== "headers" && <th className={`${head} w-19`}>{t("column.type")}</th>}
              <th className={`${head} w-24`}>{t("column.alias")}</th>
              <th className={`${head} w-20`}>{t("column.example")}</th>
              <th className={`${head} w-8`}>
                <span className="sr-only">{t("column.uses")}</span>
              </th>
              <th className={`${head} w-8 touch:w-11`}>
                <span className="sr-only">{t("common:delete")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, all ? undefined : SHOWN_MAX).map((row, index) => (
              <DeclaredRow
                // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place; its name is being typed
                key={index}
                table={table}
                row={row}
                index={index}
                mistake={mistakes.get(`${table}/${index}`)}
                problem={said(index)?.message}
                uses={uses.get(`${table}/${index}`) ?? 0}
                onDelete={() => remove(index)}
              />
            ))}
          </tbody>
        </table>
      )}
      <div className="flex flex-wrap items-center gap-2">
        <Button look="quiet" className="-ml-2" icon={<Plus size={16} aria-hidden />} onPress={add}>
          {t(`${table}.add`)}
        </Button>
        {!all && rows.length > SHOWN_MAX && (
          <Button look="quiet" onPress={() => setAll(true)}>
            {t("show_all", { count: rows.length })}
          </Button>
        )}
      </div>
    </div>
  );
}

function DeclaredRow({
  table,
  row,
  index,
  mistake,
  problem,
  uses,
  onDelete,
}: {
  table: Table;
  row: Row;
  index: number;
  mistake: RowMistake | undefined;
  problem: string | undefined;
  uses: number;
  onDelete: () => void;
}) {
  const { t } = useTranslation(["trigger", "common"]);
  const edit = useEditor((editor) => editor.edit);
  const nameField = table === "headers" ? "name" : "path";
  const name = "name" in row ? row.name : row.path;
  const set = (field: string, value: Json | undefined) =>
    edit("field", setInTrigger([table, index, field], value), `trigger ${table} ${index} ${field}`);
  const wrong = mistake ? t(`mistake.${mistake}`) : problem;
  const at = `${table}-${index}-wrong`;
  const marks = wrong ? { "aria-invalid": true, "aria-describedby": at } : {};
  return (
    <>
      <tr className="border-t border-line" data-pointer={`/${table}/${index}`}>
        <td>
          <input
            {...marks}
            aria-label={t(table === "headers" ? "column.header" : "column.path")}
            data-pointer={`/${table}/${index}/${nameField}`}
            value={name}
            title={name}
            spellCheck={false}
            placeholder={t(`${table}.example`)}
            onChange={(event) => set(nameField, event.target.value)}
            className={`${INPUT} code ${wrong ? "text-failed" : ""}`}
          />
        </td>
        {"path" in row && (
          <td>
            <select
              aria-label={t("type_of", { path: name })}
              value={row.type ?? ""}
              onChange={(event) => set("type", event.target.value || undefined)}
              className={`${INPUT} px-0 text-meta text-ink-2`}
            >
              <option value="">{t("type.any")}</option>
              {TYPES.map((type) => (
                <option key={type} value={type}>
                  {t(`type.${type}`)}
                </option>
              ))}
            </select>
          </td>
        )}
        <td>
          <input
            aria-label={t("alias_of", { path: name })}
            data-pointer={`/${table}/${index}/alias`}
            value={row.alias ?? ""}
            maxLength={ALIAS_MAX}
            dir="auto"
            placeholder="—"
            onChange={(event) => set("alias", event.target.value || undefined)}
            className={INPUT}
          />
        </td>
        <td className="truncate px-1.5 text-ink-2" title={exampleText(row.example)}>
          <span className="code" dir="auto">
            {exampleText(row.example)}
          </span>
        </td>
        <td className="text-center text-meta text-ink-3">
          {uses > 0 && (
            <span title={t("uses", { count: uses })}>
              <span aria-hidden>{uses}×</span>
              <span className="sr-only">{t("uses", { count: uses })}</span>
            </span>
          )}
        </td>
        <td>
          <IconButton label={t("delete_row", { path: name })} onPress={onDelete}>
            <Trash2 size={15} aria-hidden />
          </IconButton>
        </td>
      </tr>
      {wrong && (
        <tr>
          <td colSpan={6} id={at} className="px-1.5 pb-1.5 text-meta text-failed">
            {wrong}
          </td>
        </tr>
      )}
    </>
  );
}

function exampleText(example: Json | undefined): string {
  return example === undefined ? "" : JSON.stringify(example);
}
