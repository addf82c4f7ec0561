import { ChevronsUpDown } from "lucide-react";
import { useId } from "react";
import { LABEL } from "./field";

/** One of a few, with the browser's own list: for the first pages, which have no room for more. */
export function PlainSelect<Id extends string>({
  label,
  hideLabel,
  value,
  onChange,
  options,
  className = "",
}: {
  label: string;
  /** The label is for screen readers alone. */
  hideLabel?: boolean;
  value: Id;
  onChange: (value: Id) => void;
  options: { id: Id; label: string }[];
  className?: string;
}) {
  const id = useId();
  return (
    <div className={`flex min-w-0 flex-col gap-1 ${className}`}>
      <label htmlFor={id} className={hideLabel ? "sr-only" : LABEL}>
        {label}
      </label>
      <span className="relative flex">
        <select
          id={id}
          value={value}
          onChange={(event) => onChange(event.target.value as Id)}
          className="h-8 w-full min-w-0 appearance-none truncate rounded-control border border-line bg-surface pr-8 pl-2.5 text-control text-ink hover:border-line-strong touch:h-11"
        >
          {options.map((option) => (
            <option key={option.id} value={option.id}>
              {option.label}
            </option>
          ))}
        </select>
        <ChevronsUpDown
          size={14}
          aria-hidden
          className="pointer-events-none absolute top-1/2 right-2 -translate-y-1/2 text-ink-3"
        />
      </span>
    </div>
  );
}
