import type { TemplateName } from "@/flow/templates";

/** A template as a small line map. */
export function TemplatePicture({ template }: { template: TemplateName }) {
  const stop = (x: number, y: number, wide = 34) => (
    <rect
      x={x - wide / 2}
      y={y - 7}
      width={wide}
      height="14"
      rx="4"
      fill="var(--surface)"
      stroke="var(--line-strong)"
    />
  );
  const wire = { fill: "none", stroke: "var(--accent)", strokeWidth: 2 };
  return (
    <svg viewBox="0 0 160 84" className="h-21 w-full" aria-hidden>
      {template === "answering" && (
        <>
          <path d="M80 22v40" {...wire} />
          {stop(80, 20)}
          {stop(80, 60)}
          <path d="M72 76h16" {...wire} strokeWidth={3} strokeLinecap="round" />
        </>
      )}
      {template === "deciding" && (
        <>
          <path d="M80 12v26M80 38h-26a8 8 0 0 0-8 8v16M80 38h26a8 8 0 0 1 8 8v16" {...wire} />
          {stop(80, 10)}
          <path d="m80 28 10 10-10 10-10-10z" fill="var(--surface)" stroke="var(--line-strong)" />
          {stop(46, 64)}
          {stop(114, 64)}
          <path d="M38 79h16M106 79h16" {...wire} strokeWidth={3} strokeLinecap="round" />
        </>
      )}
      {template === "empty" && (
        <>
          <path d="M80 24v44" {...wire} strokeDasharray="3 4" />
          {stop(80, 20)}
          <circle cx="80" cy="66" r="8" fill="var(--surface)" stroke="var(--line-strong)" />
          <path d="M80 62v8M76 66h8" stroke="var(--ink-2)" strokeWidth="1.6" strokeLinecap="round" />
        </>
      )}
    </svg>
  );
}
