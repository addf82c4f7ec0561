import { memo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { StatusShape, type StatusWord } from "../status";

export interface CardView {
  glyph: ReactNode;
  title: string;
  /** One line: what the node does, from its config. */
  summary: string;
  /** How its last node run stands. */
  status?: StatusWord;
  /** How long it took, as text. */
  took?: string;
  /** How many problems it has. */
  problems?: number;
  disabled?: boolean;
  /** Everything a screen reader should say: step, title, summary, branches, status. */
  name: string;
  /** A red dot, "3 new", … */
  extra?: ReactNode;
}

interface CardProps {
  view: CardView;
  stop: string;
  isSelected: boolean;
  tabIndex: number;
  onSelect: (stop: string) => void;
  onFocus: (stop: string) => void;
}

/** One stop. Hundreds stand on a map, so one is drawn anew only when something it says has changed. */
export const Card = memo(function Card({ view, stop, isSelected, tabIndex, onSelect, onFocus }: CardProps) {
  const { t } = useTranslation("nodes");
  return (
    <button
      type="button"
      data-stop={stop}
      aria-label={view.name}
      aria-pressed={isSelected}
      tabIndex={tabIndex}
      onClick={() => onSelect(stop)}
      onFocus={() => onFocus(stop)}
      className={`relative flex h-16 w-66 items-center gap-3 rounded-card border bg-surface px-3 text-left text-ink transition-colors duration-100 ${
        isSelected ? "border-accent shadow-[0_0_0_1px_var(--accent)]" : "border-line hover:border-line-strong"
      } ${view.disabled ? "border-dashed opacity-60" : ""}`}
    >
      <span className="flex size-9 shrink-0 items-center justify-center rounded-control bg-sunken text-ink-2">
        {view.glyph}
      </span>
      <span className="flex min-w-0 flex-1 flex-col">
        <span className="truncate text-control font-medium">{view.title}</span>
        <span className="flex gap-2 text-meta text-ink-3">
          <span className="min-w-0 flex-1 truncate font-mono">{view.disabled ? t("disabled") : view.summary}</span>
          {view.took && <span className="shrink-0">{view.took}</span>}
        </span>
      </span>
      {view.status && <StatusShape status={view.status} />}
      {view.problems ? (
        <span
          aria-hidden
          className="absolute -top-2 -right-2 flex h-5 min-w-5 items-center justify-center rounded-full bg-failed px-1 text-meta font-medium text-surface"
        >
          {view.problems}
        </span>
      ) : null}
      {view.extra}
    </button>
  );
}, alike);

/** What a card shows is compared by value: views are made anew all the time. */
function alike(a: CardProps, b: CardProps): boolean {
  if (a.stop !== b.stop || a.isSelected !== b.isSelected || a.tabIndex !== b.tabIndex) return false;
  if (a.onSelect !== b.onSelect || a.onFocus !== b.onFocus) return false;
  return (Object.keys({ ...a.view, ...b.view }) as (keyof CardView)[]).every((name) => a.view[name] === b.view[name]);
}
