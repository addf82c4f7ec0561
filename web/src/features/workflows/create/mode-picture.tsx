import type { Mode } from "@/flow/document";

/** Who waits for whom: the caller on the left, the flow on the right. */
export function ModePicture({ mode }: { mode: Mode }) {
  const line = { fill: "none", stroke: "var(--accent)", strokeWidth: 2, strokeLinecap: "round" } as const;
  const quiet = { ...line, stroke: "var(--line-strong)" };
  const arrow = (x: number, y: number, to: 1 | -1) => `M${x - 4 * to} ${y - 4}l${4 * to} 4 ${-4 * to} 4`;
  return (
    <svg viewBox="0 0 200 48" className="mb-1 h-12 w-full" aria-hidden>
      <circle cx="24" cy="24" r="8" fill="var(--surface)" stroke="var(--line-strong)" strokeWidth="2" />
      <path d="M132 24h44" {...quiet} />
      {[140, 156, 172].map((x) => (
        <circle key={x} cx={x} cy="24" r="5" fill="var(--surface)" stroke="var(--line-strong)" strokeWidth="2" />
      ))}
      <path d={`M40 16h82${arrow(122, 16, 1)}`} {...line} />
      {mode === "sync" ? (
        <path d={`M172 32v2a6 6 0 0 1-6 6H42${arrow(40, 40, -1)}`} {...line} />
      ) : (
        <path d={`M96 16v8a6 6 0 0 1-6 6H42${arrow(40, 30, -1)}`} {...line} />
      )}
    </svg>
  );
}
