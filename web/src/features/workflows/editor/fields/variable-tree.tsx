import { ChevronRight } from "lucide-react";
import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { Input } from "react-aria-components/Input";
import { SearchField } from "react-aria-components/SearchField";
import { Tree, TreeItem, TreeItemContent } from "react-aria-components/Tree";
import type { ValueType } from "@/flow/document";
import { type KnownValue, matches, rows, search, type VariableRoot } from "@/flow/variables";
import { useTranslation } from "@/lib/i18n";
import { INPUT } from "@/ui/field";
import { inShort } from "./in-short";

/** As many rows of a search are shown. */
const FOUND_MAX = 200;
/** Roots with more rows than this begin folded. */
const UNFOLDED_MAX = 60;

const GLYPHS: Record<ValueType, string> = {
  text: "T",
  number: "#",
  boolean: "◑",
  list: "[]",
  object: "{}",
  null: "∅",
};

/** Variables as a tree with a search over names, paths and values. Enter puts one in; with Ctrl it closes too. */
export function VariableTree({
  roots,
  onInsert,
  autoFocus,
}: {
  roots: VariableRoot[];
  onInsert: (path: string, closes: boolean) => void;
  autoFocus?: boolean;
}) {
  const { t } = useTranslation("fields");
  const [words, setWords] = useState("");
  const tree = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const found = useMemo(() => search(roots, words, FOUND_MAX), [roots, words]);
  const searching = words.trim() !== "";
  const begins = useMemo(
    () =>
      new Set(
        roots
          .filter((root) => ["body", "query", "node"].includes(root.kind) && count(root) <= UNFOLDED_MAX)
          .flatMap((root) => [root.path, ...root.children.map((child) => child.path)]),
      ),
    [roots],
  );
  const [toggled, setToggled] = useState<ReadonlySet<string> | null>(null);
  const expanded = searching ? new Set(all(found).map((row) => row.path)) : (toggled ?? begins);

  const onSearchKey = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") {
      event.preventDefault();
      tree.current?.querySelector<HTMLElement>("[role=row]")?.focus();
    } else if (event.key === "Enter") {
      event.preventDefault();
      const [first] = searching ? matches(roots, words) : [];
      if (first) onInsert(first.path, event.ctrlKey || event.metaKey);
    }
  };
  const onTreeKey = (event: KeyboardEvent) => {
    const row = (event.target as HTMLElement).closest?.<HTMLElement>("[role=row]");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && row?.dataset.key) {
      const wanted = [...rows(found)].find(({ path }) => path === row.dataset.key);
      event.preventDefault();
      event.stopPropagation();
      if (wanted) onInsert(wanted.path, true);
    } else if (event.key === "ArrowUp" && row && row === tree.current?.querySelector("[role=row]")) {
      event.preventDefault();
      event.stopPropagation();
      field.current?.focus();
    }
  };

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="px-3 pb-2">
        <SearchField
          aria-label={t("picker.search")}
          value={words}
          onChange={setWords}
          onKeyDown={(event) => event.key === "Escape" && words === "" && event.continuePropagation()}
        >
          <Input
            ref={field}
            autoFocus={autoFocus}
            placeholder={t("picker.search")}
            onKeyDown={onSearchKey}
            className={INPUT}
          />
        </SearchField>
      </div>
      <div ref={tree} onKeyDownCapture={onTreeKey} className="min-h-0 flex-1 overflow-auto px-1.5 pb-2">
        {found.length === 0 && (
          <p className="px-2 py-3 text-body text-ink-2">
            {searching ? t("picker.nothing", { words }) : t("picker.empty")}
          </p>
        )}
        <Tree
          aria-label={t("picker.label")}
          expandedKeys={expanded}
          onExpandedChange={(keys) => setToggled(new Set([...keys].map(String)))}
          className="outline-none"
        >
          {found.map((root) => (
            <Row key={root.path} row={root} root={root} onInsert={onInsert} />
          ))}
        </Tree>
      </div>
    </div>
  );
}

function Row({
  row,
  root,
  onInsert,
}: {
  row: KnownValue;
  root?: VariableRoot;
  onInsert: (path: string, closes: boolean) => void;
}) {
  const { t } = useTranslation("fields");
  const name = root ? rootName(root, t) : (row.alias ?? row.name);
  const plain = typeof row.example !== "object" || row.example === null;
  const value = row.example === undefined ? "" : plain ? inShort(row.example as never, 40) : "";
  return (
    <TreeItem
      id={row.path}
      textValue={`${name} ${row.path}`}
      onAction={root?.bare ? undefined : () => onInsert(row.path, false)}
      className="group flex cursor-default rounded-control outline-none data-[focused]:bg-accent-soft data-[hovered]:bg-hover data-[focus-visible]:outline-2 data-[focus-visible]:outline-offset-[-2px] data-[focus-visible]:outline-accent"
    >
      <TreeItemContent>
        {({ hasChildItems, level }) => (
          <div
            className="flex min-h-8 min-w-0 flex-1 items-center gap-1.5 py-0.5 pr-2 touch:min-h-11"
            style={{ paddingLeft: `${(level - 1) * 14}px` }}
          >
            {hasChildItems ? (
              <AriaButton
                slot="chevron"
                className="flex size-6 shrink-0 items-center justify-center rounded-control text-ink-3 data-[hovered]:bg-hover"
              >
                <ChevronRight
                  size={14}
                  aria-hidden
                  className="transition-transform duration-100 group-data-[expanded]:rotate-90"
                />
              </AriaButton>
            ) : (
              <span className="w-6 shrink-0" />
            )}
            {row.type && (
              <span className="w-4 shrink-0 text-center font-mono text-meta text-ink-3">
                <span aria-hidden>{GLYPHS[row.type]}</span>
                <span className="sr-only">{t(`type.${row.type}`)}</span>
              </span>
            )}
            <span className="flex min-w-0 flex-1 flex-col">
              <span className={`truncate text-body ${root ? "font-medium" : ""}`} dir="auto">
                {name}
              </span>
              {!root && row.alias && (
                <span className="truncate font-mono text-meta text-ink-3">{row.path.replace(/^trigger\./, "")}</span>
              )}
            </span>
            {value && (
              <span dir="auto" className="max-w-[45%] shrink-0 truncate font-mono text-meta text-ink-2">
                {value}
              </span>
            )}
          </div>
        )}
      </TreeItemContent>
      {row.children.map((child) => (
        <Row key={child.path} row={child} onInsert={onInsert} />
      ))}
    </TreeItem>
  );
}

type Translate = ReturnType<typeof useTranslation<"fields">>["t"];

function rootName(root: VariableRoot, t: Translate): string {
  if (root.kind !== "node") return t(`picker.root.${root.kind}`);
  return t("picker.root.node", { number: root.number, title: root.node?.title || root.node?.key });
}

function all(roots: KnownValue[]): KnownValue[] {
  return roots.flatMap((row) => [row, ...all(row.children)]);
}

function count(row: KnownValue): number {
  return row.children.reduce((sum, child) => sum + 1 + count(child), 0);
}
