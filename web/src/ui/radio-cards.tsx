import type { ReactNode } from "react";
import { Radio, RadioGroup } from "react-aria-components/RadioGroup";
import { Label } from "./field";

/** One of a few, each with a picture and a sentence. */
export function RadioCards<Id extends string>({
  label,
  value,
  onChange,
  options,
  columns = 1,
}: {
  label: string;
  value: Id;
  onChange: (value: Id) => void;
  options: { id: Id; title: string; detail?: string; picture?: ReactNode }[];
  columns?: 1 | 2 | 3;
}) {
  const grids = { 1: "", 2: "grid-cols-2", 3: "grid-cols-3" };
  return (
    <RadioGroup value={value} onChange={(id) => onChange(id as Id)} className="flex flex-col gap-1.5">
      <Label>{label}</Label>
      <div className={`grid gap-2 max-narrow:grid-cols-1 ${grids[columns]}`}>
        {options.map((option) => (
          <Radio
            key={option.id}
            value={option.id}
            className="group flex min-w-0 flex-col gap-1 rounded-card border border-line bg-surface p-3 data-[hovered]:border-line-strong data-[selected]:border-accent data-[selected]:bg-accent-soft"
          >
            {option.picture}
            <span className="flex items-center gap-2 text-control font-medium">
              <span className="flex size-4 shrink-0 items-center justify-center rounded-full border border-line-strong bg-surface group-data-[selected]:border-[5px] group-data-[selected]:border-accent" />
              {option.title}
            </span>
            {option.detail && <span className="pl-6 text-meta text-ink-2">{option.detail}</span>}
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}
