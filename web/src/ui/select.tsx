import { Check, ChevronsUpDown } from "lucide-react";
import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { Select as AriaSelect, SelectValue } from "react-aria-components/Select";
import { Text } from "react-aria-components/Text";
import { Below, Label } from "./field";
import { OPTION, POPOVER } from "./overlay-looks";

export interface Option<Id extends string> {
  id: Id;
  label: string;
  /** A second line in the list. */
  detail?: string;
  disabled?: boolean;
}

/** One of a few. */
export function Select<Id extends string>({
  label,
  hideLabel,
  value,
  onChange,
  options,
  help,
  problem,
  className = "",
  isDisabled,
}: {
  label: string;
  /** The label is for screen readers alone. */
  hideLabel?: boolean;
  value: Id | null;
  onChange: (value: Id) => void;
  options: Option<Id>[];
  help?: ReactNode;
  problem?: string;
  className?: string;
  isDisabled?: boolean;
}) {
  return (
    <AriaSelect
      aria-label={hideLabel ? label : undefined}
      selectedKey={value}
      onSelectionChange={(key) => key !== null && onChange(key as Id)}
      isInvalid={problem !== undefined}
      isDisabled={isDisabled}
      className={`flex min-w-0 flex-col gap-1 ${className}`}
    >
      {!hideLabel && <Label>{label}</Label>}
      <AriaButton className="flex h-8 w-full min-w-0 items-center justify-between gap-2 rounded-control border border-line bg-surface pr-2 pl-2.5 text-control text-ink touch:h-11 data-[hovered]:border-line-strong data-[disabled]:opacity-50">
        <SelectValue className="min-w-0 truncate text-left data-[placeholder]:text-ink-3 [&_[data-detail]]:hidden [&_svg]:hidden" />
        <ChevronsUpDown size={14} className="shrink-0 text-ink-3" aria-hidden />
      </AriaButton>
      <Below help={help} problem={problem} />
      <Popover offset={4} className={POPOVER}>
        <ListBox className="p-1 outline-none" items={options}>
          {(option: Option<Id>) => (
            <ListBoxItem id={option.id} textValue={option.label} isDisabled={option.disabled} className={OPTION}>
              <span className="flex min-w-0 flex-1 flex-col">
                {option.detail ? (
                  // Without slots: both lines are its name, as they are seen.
                  <>
                    <span>{option.label}</span>
                    <span data-detail className="text-meta text-ink-3">
                      {option.detail}
                    </span>
                  </>
                ) : (
                  <Text slot="label">{option.label}</Text>
                )}
              </span>
              <Check size={14} aria-hidden className="invisible shrink-0 text-accent group-data-[selected]:visible" />
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}
