// A JSON value as a tree that can be searched. Only the rows in sight are drawn. One Tab stop; arrows go through it.

import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronDown, ChevronRight, ChevronUp } from "lucide-react";
import { type KeyboardEvent, useId, useMemo, useRef, useState } from "react";
import { copy } from "@/lib/clipboard";
import { useTranslation } from "@/lib/i18n";
import { IconButton } from "../button";
import { CopyButton } from "../copy";
import { SearchField } from "../search-field";
import { say } from "../toast";
import { openAtFirst, type Row, rowsOf, search } from "./rows";

const ROW = 22;

export function JsonTree({
  value,
  label,
  root = "",
  height = 420,
}: {
  value: unknown;
  label: string;
  /** What paths begin with. */
  root?: string;
  /** At most, in pixels. */
  height?: number;
}) {
  const { t } = useTranslation(["inspect", "common"]);
  const id = useId();
  const [open, setOpen] = useState(() => openAtFirst(value, root));
  const [at, setAt] = useState<string | null>(null);
  const [text, setText] = useState("");
  const [hit, setHit] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => rowsOf(value, root, open), [value, root, open]);
  const matches = useMemo(() => (text ? search(value, root, text) : []), [value, root, text]);
  const hits = useMemo(() => new Set(matches.map(({ path }) => path)), [matches]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  const index = Math.max(
    0,
    rows.findIndex(({ path }) => path === at),
  );
  const row = rows[index];

  const select = (next: number) => {
    const found = rows[Math.min(rows.length - 1, Math.max(0, next))];
    if (!found) return;
    setAt(found.path);
    virtual.scrollToIndex(rows.indexOf(found));
  };
  const toggle = ({ path, size }: Row) => {
    if (size === null) return;
    setOpen((before) => {
      const after = new Set(before);
      if (!after.delete(path)) after.add(path);
      return after;
    });
  };
  const look = (wanted: string) => {
    setText(wanted);
    setHit(0);
    const [first] = wanted ? search(value, root, wanted, 1) : [];
    if (first) reveal(first);
  };
  const reveal = ({ path, above }: { path: string; above: string[] }) => {
    const opened = new Set([...open, ...above]);
    setOpen(opened);
    setAt(path);
    const to = rowsOf(value, root, opened).findIndex((each) => each.path === path);
    requestAnimationFrame(() => virtual.scrollToIndex(to, { align: "center" }));
  };
  const nextHit = (by: 1 | -1) => {
    const to = (hit + by + matches.length) % matches.length;
    const match = matches[to];
    if (!match) return;
    setHit(to);
    reveal(match);
  };
  const put = async (words: string) => {
    if (await copy(words)) say(t("common:copied"));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!row) return;
    const copying = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "c";
    if (copying && !getSelection()?.toString()) void put(event.shiftKey ? row.path : textOf(row.value));
    else if (event.ctrlKey || event.metaKey || event.altKey) return;
    else if (event.key === "ArrowDown") select(index + 1);
    else if (event.key === "ArrowUp") select(index - 1);
    else if (event.key === "Home") select(0);
    else if (event.key === "End") select(rows.length - 1);
    else if (event.key === "PageDown") select(index + Math.floor(height / ROW) - 1);
    else if (event.key === "PageUp") select(index - Math.floor(height / ROW) + 1);
    else if (event.key === "ArrowRight") row.size !== null && !row.isOpen ? toggle(row) : select(index + 1);
    else if (event.key === "ArrowLeft") row.isOpen ? toggle(row) : select(parentOf(rows, index));
    else if (event.key === "Enter" || event.key === " ") toggle(row);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className="flex min-w-0 flex-col rounded-control border border-line bg-surface">
      <div className="flex flex-wrap items-center gap-1 border-b border-line p-1">
        <SearchField
          label={t("json.search")}
          placeholder={t("json.search")}
          value={text}
          onChange={look}
          className="min-w-32 flex-1"
        />
        {text && (
          <span role="status" className="meta px-1">
            {t("json.matches", { count: matches.length, at: matches.length ? hit + 1 : 0 })}
          </span>
        )}
        {matches.length > 1 && (
          <>
            <IconButton label={t("json.previous")} onPress={() => nextHit(-1)}>
              <ChevronUp size={16} aria-hidden />
            </IconButton>
            <IconButton label={t("json.next")} onPress={() => nextHit(1)}>
              <ChevronDown size={16} aria-hidden />
            </IconButton>
          </>
        )}
      </div>
      <div
        ref={box}
        role="tree"
        tabIndex={0}
        aria-label={label}
        aria-activedescendant={row ? `${id}-${index}` : undefined}
        onKeyDown={onKeyDown}
        className="overflow-auto outline-offset-[-2px]"
        style={{ height: Math.min(height, rows.length * ROW + 8) }}
      >
        <div className="relative my-1 min-w-max" style={{ height: virtual.getTotalSize() }} role="presentation">
          {virtual.getVirtualItems().map(({ index: place, start }) => {
            const each = rows[place] as Row;
            return (
              <Line
                key={each.path}
                id={`${id}-${place}`}
                row={each}
                top={start}
                isSelected={at !== null && place === index}
                isHit={hits.has(each.path)}
                onPress={() => {
                  setAt(each.path);
                  toggle(each);
                }}
              />
            );
          })}
        </div>
      </div>
      {at !== null && row && <Chosen row={row} />}
    </div>
  );
}

function parentOf(rows: Row[], index: number): number {
  const depth = rows[index]?.depth ?? 0;
  for (let at = index - 1; at >= 0; at--) if ((rows[at]?.depth ?? 0) < depth) return at;
  return 0;
}

function Line({
  id,
  row,
  top,
  isSelected,
  isHit,
  onPress,
}: {
  id: string;
  row: Row;
  top: number;
  isSelected: boolean;
  isHit: boolean;
  onPress: () => void;
}) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys belong to the tree around
    <div
      id={id}
      role="treeitem"
      tabIndex={-1}
      aria-level={row.depth + 1}
      aria-expanded={row.size === null ? undefined : row.isOpen}
      aria-selected={isSelected}
      aria-setsize={row.of}
      aria-posinset={row.place}
      onClick={onPress}
      className={`code absolute left-0 flex h-5.5 w-full items-center gap-1 pr-3 whitespace-pre hover:bg-hover ${isSelected ? "bg-accent-soft" : isHit ? "bg-sunken" : ""}`}
      style={{ transform: `translateY(${top}px)`, paddingLeft: 4 + row.depth * 14 }}
    >
      <span className="flex w-4 shrink-0 justify-center text-ink-3">
        {row.size === null ? null : row.isOpen ? (
          <ChevronDown size={14} aria-hidden />
        ) : (
          <ChevronRight size={14} aria-hidden />
        )}
      </span>
      {row.name !== null && (
        <span className="text-ink-2">
          {row.name}
          <span className="text-ink-3">:</span>
        </span>
      )}
      <Value row={row} />
      {isHit && <span className="sr-only">●</span>}
    </div>
  );
}

const SHOWN = 160;

function Value({ row: { value, size } }: { row: Row }) {
  const { t } = useTranslation(["inspect", "common"]);
  if (size !== null) {
    const [left, right] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
    return (
      <span className="text-ink-3">
        {left}
        {size > 0 && ` ${Array.isArray(value) ? t("json.items", { count: size }) : t("json.keys", { count: size })} `}
        {right}
      </span>
    );
  }
  if (typeof value === "string") {
    const cut = value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value;
    return <span className="text-succeeded">{JSON.stringify(cut)}</span>;
  }
  return <span className={typeof value === "number" ? "text-accent" : "text-waiting"}>{String(value)}</span>;
}

/** The chosen row whole: its path, its value, and both to be copied. */
function Chosen({ row }: { row: Row }) {
  const { t } = useTranslation(["inspect", "common"]);
  const text = textOf(row.value);
  const isLong = typeof row.value === "string" && row.value.length > SHOWN;
  return (
    <div className="border-t border-line px-2 py-1">
      <div className="flex items-center gap-1">
        <code className="code min-w-0 flex-1 truncate text-ink-2" title={row.path}>
          {row.path || "·"}
        </code>
        {row.path && <CopyButton words text={row.path} label={t("json.copy_path")} />}
        <CopyButton words text={text} label={t("json.copy_value")} />
      </div>
      {isLong && (
        <p className="code mt-1 max-h-32 overflow-auto break-all whitespace-pre-wrap" dir="auto">
          {text.slice(0, 20_000)}
        </p>
      )}
    </div>
  );
}

/** A text as it is, anything else as JSON. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
