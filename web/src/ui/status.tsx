// How something stands: shape, word and colour together, so that none of them has to be seen.

import type { Schema } from "@/api/client";
import { useTranslation } from "@/lib/i18n";

export type StatusWord = Schema["Status"] | Schema["NodeStatus"] | "refused";

const COLORS: Record<StatusWord, string> = {
  queued: "text-quiet",
  running: "text-running",
  waiting: "text-waiting",
  succeeded: "text-succeeded",
  failed: "text-failed",
  error: "text-failed",
  timed_out: "text-timed-out",
  cancelled: "text-quiet",
  skipped: "text-quiet",
  refused: "text-refused",
};

/** The shape alone. Say the word beside it, or give it `label`. */
export function StatusShape({ status, size = 16, label }: { status: StatusWord; size?: number; label?: string }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      className={`shrink-0 ${COLORS[status]}`}
      role={label ? "img" : undefined}
      aria-label={label}
      aria-hidden={label ? undefined : true}
      data-status={status}
    >
      {shape(status)}
    </svg>
  );
}

const MARK = {
  fill: "none",
  stroke: "var(--surface)",
  strokeWidth: 1.8,
  strokeLinecap: "round",
  strokeLinejoin: "round",
} as const;
const RING = { fill: "none", stroke: "currentColor", strokeWidth: 1.6 } as const;

function shape(status: StatusWord) {
  switch (status) {
    case "succeeded":
      return (
        <>
          <circle cx="8" cy="8" r="7" fill="currentColor" />
          <path d="m4.8 8.2 2.2 2.2 4.2-4.6" {...MARK} />
        </>
      );
    case "failed":
      return (
        <>
          <path d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z" fill="currentColor" />
          <path d="m5.6 5.6 4.8 4.8m0-4.8-4.8 4.8" {...MARK} />
        </>
      );
    case "error":
      return (
        <>
          <path
            d="M8 1.2 15.3 14.2H.7z"
            fill="currentColor"
            stroke="currentColor"
            strokeWidth="1"
            strokeLinejoin="round"
          />
          <path d="M8 5.8v3.8M8 11.9v.1" {...MARK} />
        </>
      );
    case "running":
      return (
        <>
          <circle cx="8" cy="8" r="6.2" {...RING} opacity=".35" />
          <path
            d="M8 1.8a6.2 6.2 0 0 1 6.2 6.2"
            {...RING}
            strokeWidth={2}
            strokeLinecap="round"
            className="origin-center animate-spin"
          />
        </>
      );
    case "waiting":
      return (
        <>
          <circle cx="8" cy="8" r="7" fill="currentColor" />
          <path d="M6.2 5.4v5.2M9.8 5.4v5.2" {...MARK} />
        </>
      );
    case "timed_out":
      return (
        <path
          d="M3.5 1.8h9M3.5 14.2h9M4.6 2c0 4 6.8 4.2 6.8 6s0 0 0 0c0 1.8-6.8 2-6.8 6m6.8-12c0 4-6.8 4.2-6.8 6 0 1.8 6.8 2 6.8 6"
          {...RING}
          strokeLinecap="round"
        />
      );
    case "refused":
      return (
        <>
          <circle cx="8" cy="8" r="6.2" {...RING} />
          <path d="m3.8 12.2 8.4-8.4" {...RING} />
        </>
      );
    case "cancelled":
      return <rect x="2.5" y="2.5" width="11" height="11" rx="1.5" fill="currentColor" />;
    case "skipped":
      return <circle cx="8" cy="8" r="6.2" {...RING} strokeDasharray="2.6 2.3" />;
    case "queued":
      return <circle cx="8" cy="8" r="6.2" {...RING} />;
  }
}

/** Shape and word. */
export function Status({ status, className = "" }: { status: StatusWord; className?: string }) {
  const { t } = useTranslation();
  return (
    <span className={`inline-flex items-center gap-1.5 whitespace-nowrap ${COLORS[status]} ${className}`}>
      <StatusShape status={status} />
      {t(`status.${status}`)}
    </span>
  );
}
