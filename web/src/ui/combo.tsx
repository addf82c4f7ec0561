// One of many, or something else that is typed.

import { ChevronDown } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { ComboBox } from "react-aria-components/ComboBox";
import { Group } from "react-aria-components/Group";
import { Input } from "react-aria-components/Input";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { Below, INPUT, Label } from "./field";
import { OPTION, POPOVER } from "./overlay-looks";
import type { Option } from "./select";

export function Combo({
  label,
  hideLabel,
  value,
  onChange,
  options,
  help,
  problem,
  placeholder,
  showAll,
  mono,
  isDisabled,
  className = "",
}: {
  label: string;
  /** The label is for screen readers alone. */
  hideLabel?: boolean;
  value: string;
  /** What was typed, or the id of what was chosen. */
  onChange: (value: string) => void;
  options: Option<string>[];
  help?: ReactNode;
  problem?: string;
  placeholder?: string;
  /** Words name the list's button. */
  showAll: string;
  mono?: boolean;
  isDisabled?: boolean;
  className?: string;
}) {
  const [text, setText] = useState(value);
  // What was typed stays as it was typed, for as long as it is the value.
  useEffect(() => setText(value), [value]);
  const input = useRef<HTMLInputElement>(null);
  const change = (next: string) => {
    // What it makes of a value that came from outside is nobody's word.
    if (document.activeElement !== input.current) return;
    setText(next);
    onChange(next);
  };
  return (
    <ComboBox
      aria-label={hideLabel ? label : undefined}
      inputValue={text}
      onInputChange={change}
      onSelectionChange={(key) => key !== null && change(String(key))}
      defaultItems={options}
      allowsCustomValue
      isInvalid={problem !== undefined}
      isDisabled={isDisabled}
      className={`flex min-w-0 flex-col gap-1 ${className}`}
    >
      {!hideLabel && <Label>{label}</Label>}
      <Group className="relative outline-none">
        <Input ref={input} placeholder={placeholder} className={`${INPUT} pr-8 ${mono ? "code" : ""}`} />
        <AriaButton
          aria-label={showAll}
          className="absolute inset-y-0 right-0 flex w-8 items-center justify-center rounded-control text-ink-3 data-[hovered]:text-ink"
        >
          <ChevronDown size={14} aria-hidden />
        </AriaButton>
      </Group>
      <Below help={help} problem={problem} />
      <Popover offset={4} className={`${POPOVER} max-h-72`}>
        <ListBox className="p-1 outline-none">
          {(option: Option<string>) => (
            <ListBoxItem id={option.id} textValue={option.label} className={OPTION}>
              <span className="flex min-w-0 flex-1 items-baseline gap-2">
                {/* Without slots: both are its name, as they are seen. */}
                <span className={mono ? "code" : ""}>{option.label}</span>
                {option.detail && <span className="min-w-0 truncate text-meta text-ink-3">{option.detail}</span>}
              </span>
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
