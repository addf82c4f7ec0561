import type { ReactElement } from "react";
import { Tooltip as AriaTooltip, TooltipTrigger } from "react-aria-components/Tooltip";

/** Words beside the pointer or the focus. `children` is something that can be focused. */
export function Tooltip({ text, children }: { text: string; children: ReactElement }) {
  return (
    <TooltipTrigger delay={500} closeDelay={50}>
      {children}
      <AriaTooltip
        offset={6}
        className="max-w-72 rounded-control bg-ink px-2 py-1 text-meta text-bg shadow-overlay entering:opacity-0"
      >
        {text}
      </AriaTooltip>
    </TooltipTrigger>
  );
}
