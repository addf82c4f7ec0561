import { type ReactNode, useId } from "react";

/** A part of a page on a surface of its own, under a heading. */
export function Block({
  title,
  lead,
  action,
  children,
}: {
  title: string;
  lead?: ReactNode;
  action?: ReactNode;
  children?: ReactNode;
}) {
  const id = useId();
  return (
    <section
      aria-labelledby={id}
      className="flex min-w-0 flex-col gap-4 rounded-card border border-line bg-surface p-5 max-narrow:p-4"
    >
      <header className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="flex min-w-0 flex-1 flex-col gap-0.5">
          <h2 id={id} className="text-card font-semibold break-words">
            {title}
          </h2>
          {lead && <p className="max-w-[68ch] text-body text-ink-2">{lead}</p>}
        </div>
        {action}
      </header>
      {children}
    </section>
  );
}
