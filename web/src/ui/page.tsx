import { type ReactNode, useEffect } from "react";

/** A page's frame: its one heading, what can be done on it, its content. */
export function Page({
  title,
  actions,
  children,
  wide,
}: {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
  wide?: boolean;
}) {
  useTitle(title);
  return (
    <main
      id="main"
      tabIndex={-1}
      className={`mx-auto flex w-full min-w-0 flex-1 flex-col gap-4 px-6 py-5 outline-none max-narrow:px-4 ${wide ? "" : "max-w-[1200px]"}`}
    >
      <header className="flex min-h-8 flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <h1 className="min-w-0 text-title font-semibold break-words">{title}</h1>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </main>
  );
}

export function useTitle(title: string) {
  useEffect(() => {
    document.title = `${title} · Hookflow`;
  }, [title]);
}
