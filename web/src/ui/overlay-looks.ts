// How lists and menus over the page look.

export const POPOVER =
  "min-w-(--trigger-width) overflow-auto rounded-control border border-line bg-surface shadow-overlay outline-none entering:opacity-0 transition-opacity duration-100";

export const OPTION =
  "group flex min-h-8 cursor-default items-center gap-2 rounded-control px-2 py-1 text-control text-ink outline-none touch:min-h-11 " +
  "data-[focused]:bg-accent-soft data-[hovered]:bg-hover data-[disabled]:text-ink-3 data-[disabled]:opacity-60";
