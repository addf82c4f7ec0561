import type { ReactNode } from "react";
import { Tab as AriaTab, Tabs as AriaTabs, TabList, TabPanel } from "react-aria-components/Tabs";

export interface TabItem {
  id: string;
  label: string;
  /** Behind the label, as how many there are. */
  badge?: ReactNode;
  content: ReactNode;
}

/** Views of one thing beside each other, one at a time. */
export function Tabs({
  label,
  items,
  selected,
  onSelect,
  className = "",
  panelClassName = "pt-3",
}: {
  label: string;
  items: TabItem[];
  selected?: string;
  onSelect?: (id: string) => void;
  className?: string;
  panelClassName?: string;
}) {
  return (
    <AriaTabs
      className={`flex min-h-0 min-w-0 flex-col ${className}`}
      selectedKey={selected}
      onSelectionChange={(key) => onSelect?.(String(key))}
    >
      <TabList aria-label={label} className="flex gap-4 overflow-x-auto border-b border-line">
        {items.map((item) => (
          <AriaTab
            key={item.id}
            id={item.id}
            className="-mb-px flex h-9 items-center gap-1.5 border-b-2 border-transparent px-0.5 text-control whitespace-nowrap text-ink-2 outline-offset-[-2px] touch:h-11 data-[hovered]:text-ink data-[selected]:border-accent data-[selected]:text-ink"
          >
            {item.label}
            {item.badge}
          </AriaTab>
        ))}
      </TabList>
      {items.map((item) => (
        <TabPanel
          key={item.id}
          id={item.id}
          className={`min-h-0 min-w-0 flex-1 outline-offset-[-2px] ${panelClassName}`}
        >
          {item.content}
        </TabPanel>
      ))}
    </AriaTabs>
  );
}
