import { memo, type ReactNode } from "react";
import { useTranslation } from "@/lib/i18n";
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
  onSelect: (stop: string) => void;
  onFocus: (stop: string) => void;
}

/** The picture of the kind, in a box of its own: one element less on each of many cards. */
const GLYPH =
  "[&>svg:first-child]:row-span-2 [&>svg:first-child]:box-content [&>svg:first-child]:rounded-control " +
  "[&>svg:first-child]:bg-sunken [&>svg:first-child]:p-[9px] [&>svg:first-child]:text-ink-2";

/** Text that is seen; the card's name says it in its own words. */
const DRAWN = "after:content-[attr(data-text)]";

/** One stop. Hundreds stand on a map, so one is drawn anew only when something it says has changed. */
export const Card = memo(function Card({ view, stop, isSelected, onSelect, onFocus }: CardProps) {
  const { t } = useTranslation("nodes");
  return (
    <button
      type="button"
      data-stop={stop}
      aria-label={view.name}
      aria-pressed={isSelected}
      // The map gives one card of all the way in by Tab.
      tabIndex={-1}
      onClick={() => onSelect(stop)}
      onFocus={() => onFocus(stop)}
      className={`relative grid h-16 w-66 grid-cols-[36px_minmax(0,1fr)_auto] grid-rows-[20px_16px] content-center items-center gap-x-3 rounded-card border bg-surface px-3 text-left text-ink transition-colors duration-100 ${GLYPH} ${
        isSelected ? "border-accent shadow-[0_0_0_1px_var(--accent)]" : "border-line hover:border-line-strong"
      } ${view.disabled ? "border-dashed opacity-60" : ""}`}
    >
      {view.glyph}
      <span className="truncate text-control font-medium">{view.title}</span>{" "}
      <span className="col-start-2 truncate font-mono text-meta text-ink-3">
        {view.disabled ? t("disabled") : view.summary}
      </span>
      {view.status && (
        <span className={`col-start-3 ${view.took ? "row-start-1" : "row-span-2 row-start-1"} justify-self-end`}>
          <StatusShape status={view.status} />
        </span>
      )}
      {view.took && <span data-text={view.took} className={`col-start-3 row-start-2 text-meta text-ink-3 ${DRAWN}`} />}
      {view.problems ? (
        <span
          data-text={view.problems}
          className={`absolute -top-2 -right-2 flex h-5 min-w-5 items-center justify-center rounded-full bg-failed px-1 text-meta font-medium text-surface ${DRAWN}`}
        />
      ) : null}
      {view.extra}
    </button>
  );
}, alike);

/** What a card shows is compared by value: views are made anew all the time. */
function alike(a: CardProps, b: CardProps): boolean {
  if (a.stop !== b.stop || a.isSelected !== b.isSelected) return false;
  if (a.onSelect !== b.onSelect || a.onFocus !== b.onFocus) return false;
  return (Object.keys({ ...a.view, ...b.view }) as (keyof CardView)[]).every((name) => a.view[name] === b.view[name]);
}
