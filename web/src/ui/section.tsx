import { ChevronRight } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { Disclosure, DisclosurePanel } from "react-aria-components/Disclosure";
import { Heading } from "react-aria-components/Heading";

/** A part of a drawer or a page that can be folded away. */
export function Section({
  title,
  badge,
  children,
  action,
  isOpen: begins = true,
  level = 3,
}: {
  title: string;
  badge?: ReactNode;
  children: ReactNode;
  action?: ReactNode;
  isOpen?: boolean;
  level?: number;
}) {
  const [open, setOpen] = useState(begins);
  return (
    <Disclosure isExpanded={open} onExpandedChange={setOpen} className="border-b border-line last:border-b-0">
      <div className="flex items-center gap-2 pr-2">
        <Heading level={level} className="min-w-0 flex-1">
          <AriaButton
            slot="trigger"
            className="flex h-10 w-full items-center gap-1.5 text-left text-control font-medium outline-offset-[-2px] touch:h-11"
          >
            <ChevronRight
              size={16}
              aria-hidden
              className={`shrink-0 text-ink-3 transition-transform duration-100 ${open ? "rotate-90" : ""}`}
            />
            <span className="truncate">{title}</span>
            {badge}
          </AriaButton>
        </Heading>
        {action}
      </div>
      <DisclosurePanel>
        <div className="flex flex-col gap-3 pb-4">{children}</div>
      </DisclosurePanel>
    </Disclosure>
  );
}
