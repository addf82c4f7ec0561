// Counts over time as stacked bars. A part of the time is chosen by dragging over it, or with arrow keys and Enter.
// The same numbers stand in a table for those who do not see bars.

import { Table2 } from "lucide-react";
import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";
import { dateTime, shortTime } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";
import { IconButton } from "../button";
import { BarsTable } from "./bars-table";
import { type Chosen, chosenAt, moved } from "./choose";

export interface Bucket {
  /** RFC 3339, when it begins. */
  at: string;
  counts: Record<string, number>;
}

export interface Series {
  id: string;
  label: string;
  /** A text colour: bars take it. */
  color: string;
}

const HEIGHT = 56;

export function Bars({
  label,
  buckets,
  to,
  series,
  onChoose,
}: {
  label: string;
  /** All of the same length, oldest first. */
  buckets: Bucket[];
  /** When the last one ends. */
  to: string;
  /** From the bottom up. */
  series: Series[];
  onChoose: (from: string, to: string) => void;
}) {
  const { t } = useTranslation("inspect");
  const box = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [hovered, setHovered] = useState<number | null>(null);
  const [asTable, setAsTable] = useState(false);
  const dragging = useRef(false);
  const count = buckets.length;
  const most = Math.max(1, ...buckets.map((bucket) => total(bucket, series)));
  const ends = (index: number) => buckets[index + 1]?.at ?? to;
  const choose = ({ first, last }: Chosen) => {
    const from = buckets[first]?.at;
    if (from) onChoose(from, ends(last));
    setChosen(null);
  };
  const at = (event: PointerEvent) => {
    const { left, width } = (box.current as HTMLElement).getBoundingClientRect();
    return Math.min(count - 1, Math.max(0, Math.floor(((event.clientX - left) / width) * count)));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && chosen) choose(chosen);
    else if (event.key === "Escape" && chosen) setChosen(null);
    else {
      const next = moved(chosen, event.key, event.shiftKey, count);
      if (!next) return;
      setChosen(next);
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const told = chosen ?? (hovered === null ? null : chosenAt(hovered));
  const words = told ? inWords(told) : "";
  function inWords({ first, last }: Chosen): string {
    const inside = buckets.slice(first, last + 1);
    const sums = series
      .map(({ id, label }) => ({ label, sum: inside.reduce((sum, bucket) => sum + (bucket.counts[id] ?? 0), 0) }))
      .filter(({ sum }) => sum > 0)
      .map(({ label, sum }) => `${label} ${sum}`);
    const from = buckets[first]?.at ?? to;
    return [`${dateTime(from)} – ${shortTime(ends(last))}`, ...(sums.length > 0 ? sums : [t("bars.nothing")])].join(
      " · ",
    );
  }
  if (count === 0) return null;
  return (
    <section aria-label={label} className="flex flex-col gap-1">
      <div className="flex items-end gap-2">
        <div
          ref={box}
          role="slider"
          tabIndex={0}
          aria-label={t("bars.choose")}
          aria-valuemin={0}
          aria-valuemax={count - 1}
          aria-valuenow={chosen?.cursor ?? count - 1}
          aria-valuetext={chosen ? words : t("bars.how")}
          onKeyDown={onKeyDown}
          onBlur={() => setChosen(null)}
          onPointerDown={(event) => {
            if (event.button !== 0) return;
            event.currentTarget.setPointerCapture(event.pointerId);
            dragging.current = true;
            setChosen(chosenAt(at(event)));
          }}
          onPointerMove={(event) => {
            const here = at(event);
            setHovered(here);
            if (dragging.current && chosen) setChosen(span(chosen.anchor, here));
          }}
          onPointerUp={() => {
            dragging.current = false;
            if (chosen) choose(chosen);
          }}
          onPointerCancel={() => {
            dragging.current = false;
            setChosen(null);
          }}
          onPointerLeave={() => setHovered(null)}
          className="relative min-w-0 flex-1 touch-pan-y rounded-control select-none"
        >
          <svg viewBox={`0 0 ${count} ${HEIGHT}`} preserveAspectRatio="none" className="block h-14 w-full" aria-hidden>
            {told && (
              <rect
                x={told.first}
                width={told.last - told.first + 1}
                y={0}
                height={HEIGHT}
                className="fill-current text-accent-soft"
              />
            )}
            {buckets.map((bucket, index) => (
              <Stack key={bucket.at} bucket={bucket} x={index} most={most} series={series} />
            ))}
            <path
              d={`M0 ${HEIGHT - 0.5}H${count}`}
              className="text-line"
              stroke="currentColor"
              vectorEffect="non-scaling-stroke"
            />
          </svg>
        </div>
        <IconButton label={asTable ? t("bars.hide_table") : t("bars.show_table")} onPress={() => setAsTable(!asTable)}>
          <Table2 size={16} aria-hidden />
        </IconButton>
      </div>
      <div className="meta flex min-h-4 justify-between gap-4 pr-10">
        {words && !dragging.current ? (
          <span className="truncate text-ink-2">{words}</span>
        ) : (
          <>
            <span>{dateTime(buckets[0]?.at ?? to)}</span>
            <span>{dateTime(to)}</span>
          </>
        )}
      </div>
      {asTable && <BarsTable label={label} buckets={buckets} series={series} ends={ends} />}
    </section>
  );
}

export function total(bucket: Bucket, series: Series[]): number {
  return series.reduce((sum, { id }) => sum + (bucket.counts[id] ?? 0), 0);
}

function span(anchor: number, cursor: number): Chosen {
  return { anchor, cursor, first: Math.min(anchor, cursor), last: Math.max(anchor, cursor) };
}

function Stack({ bucket, x, most, series }: { bucket: Bucket; x: number; most: number; series: Series[] }) {
  let top = HEIGHT;
  return series.map(({ id, color }) => {
    const count = bucket.counts[id] ?? 0;
    if (count === 0) return null;
    // One among thousands is still to be seen.
    const height = Math.max(2, (count / most) * (HEIGHT - 4));
    top -= height;
    return (
      <rect
        key={id}
        x={x + 0.12}
        width={0.76}
        y={top}
        height={height}
        className={`fill-current ${color}`}
        data-series={id}
      />
    );
  });
}
