import { ToggleButton } from "react-aria-components/ToggleButton";
import { ToggleButtonGroup } from "react-aria-components/ToggleButtonGroup";

/** One of two or three ways to look at the same. */
export function Segments<Id extends string>({
  label,
  value,
  onChange,
  options,
}: {
  label: string;
  value: Id;
  onChange: (value: Id) => void;
  options: { id: Id; label: string }[];
}) {
  return (
    <ToggleButtonGroup
      aria-label={label}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[value]}
      onSelectionChange={(keys) => {
        const [id] = [...keys];
        if (id !== undefined) onChange(id as Id);
      }}
      className="inline-flex h-8 rounded-control border border-line bg-sunken p-0.5 touch:h-11"
    >
      {options.map(({ id, label }) => (
        <ToggleButton
          key={id}
          id={id}
          className="rounded-[4px] px-2.5 text-body text-ink-2 data-[selected]:bg-surface data-[selected]:font-medium data-[selected]:text-ink"
        >
          {label}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
