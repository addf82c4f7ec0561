// What the pages say on their own: notes in place, empty places, trouble.

import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { ApiError, Unreachable } from "@/api/client";
import { useTranslation } from "@/lib/i18n";
import { Button } from "./button";

type Tone = "note" | "warning" | "error";

const TONES: Record<Tone, { color: string; icon: ReactNode }> = {
  note: { color: "text-ink-3", icon: <Info size={16} aria-hidden /> },
  warning: { color: "text-timed-out", icon: <TriangleAlert size={16} aria-hidden /> },
  error: { color: "text-failed", icon: <CircleAlert size={16} aria-hidden /> },
};

/** A note in its place: what happened, where, what to do. Errors are read out when they appear. */
export function Note({
  tone = "note",
  children,
  action,
  code,
}: {
  tone?: Tone;
  children: ReactNode;
  action?: ReactNode;
  code?: string;
}) {
  return (
    <div
      role={tone === "error" ? "alert" : undefined}
      className="flex items-start gap-2.5 rounded-control border border-line bg-sunken px-3 py-2 text-body text-ink"
    >
      <span className={`mt-0.5 shrink-0 ${TONES[tone].color}`}>{TONES[tone].icon}</span>
      <div className="min-w-0 flex-1 break-words">
        {children}
        {code && <span className="code ml-2 text-ink-3">{code}</span>}
      </div>
      {action}
    </div>
  );
}

/** What went wrong with a call, in the server's words. */
export function ErrorNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  const code = error instanceof ApiError ? error.code : undefined;
  return (
    <Note
      tone="error"
      code={code}
      action={
        onRetry && (
          <Button look="quiet" onPress={onRetry} className="-my-1">
            {t("try_again")}
          </Button>
        )
      }
    >
      {errorText(error, t("unreachable"))}
    </Note>
  );
}

/** In words. `unreachable` says that nothing answered, in the page's language. */
export function errorText(error: unknown, unreachable: string): string {
  if (error instanceof Unreachable) return unreachable;
  return error instanceof Error ? error.message : String(error);
}

/** A place where nothing is yet: what will be here, and the way to it. */
export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 px-4 py-16 text-center">
      <svg width="56" height="56" viewBox="0 0 56 56" aria-hidden className="mb-2 text-line-strong">
        <path
          d="M18 4v48M18 28h12a10 10 0 0 0 10-10v-6"
          fill="none"
          stroke="currentColor"
          strokeWidth="2"
          strokeDasharray="3 4"
        />
        {[
          [18, 12],
          [18, 44],
          [40, 12],
        ].map(([x, y]) => (
          <circle key={`${x} ${y}`} cx={x} cy={y} r="5" fill="var(--bg)" stroke="currentColor" strokeWidth="2" />
        ))}
      </svg>
      <h2 className="text-card font-semibold">{title}</h2>
      {children && <div className="max-w-md text-body text-ink-2">{children}</div>}
      {action && <div className="mt-3 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}

/** Where something is on its way. Says so to screen readers. */
export function Loading({ lines = 3 }: { lines?: number }) {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t("loading")} className="flex animate-pulse flex-col gap-3 py-2">
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike
        <span key={line} className="h-5 rounded-control bg-sunken" style={{ width: `${92 - ((line * 23) % 40)}%` }} />
      ))}
    </div>
  );
}

/** A short label on something: a mode, a tag, a count. */
export function Badge({ children, tone }: { children: ReactNode; tone?: "accent" | "failed" }) {
  const tones = { accent: "bg-accent-soft text-accent", failed: "bg-sunken text-failed" };
  return (
    <span
      className={`inline-flex h-5 max-w-full items-center gap-1 truncate rounded-control px-1.5 text-meta ${tone ? tones[tone] : "bg-sunken text-ink-2"}`}
    >
      {children}
    </span>
  );
}
