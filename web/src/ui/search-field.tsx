import { Search, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { Input } from "react-aria-components/Input";
import { SearchField as AriaSearchField } from "react-aria-components/SearchField";
import { useTranslation } from "@/lib/i18n";
import { INPUT } from "./field";

/** Looks while somebody types, a moment after the last letter; Enter looks at once, Esc clears. */
export function SearchField({
  label,
  placeholder,
  value,
  onChange,
  className = "",
  pause = 300,
}: {
  label: string;
  placeholder?: string;
  value: string;
  onChange: (value: string) => void;
  className?: string;
  /** Milliseconds after the last letter. */
  pause?: number;
}) {
  const { t } = useTranslation();
  const [text, setText] = useState(value);
  const said = useRef(value);
  // From outside, as by "clear the filters".
  useEffect(() => {
    if (value !== said.current) setText(value);
    said.current = value;
  }, [value]);
  useEffect(() => {
    if (text === said.current) return;
    const timer = setTimeout(() => {
      said.current = text;
      onChange(text);
    }, pause);
    return () => clearTimeout(timer);
  }, [text, pause, onChange]);
  const now = (text: string) => {
    said.current = text;
    setText(text);
    onChange(text);
  };
  return (
    <AriaSearchField
      aria-label={label}
      value={text}
      onChange={setText}
      onSubmit={now}
      onClear={() => now("")}
      className={`group relative flex min-w-0 items-center ${className}`}
    >
      <Search size={14} aria-hidden className="pointer-events-none absolute left-2.5 text-ink-3" />
      <Input placeholder={placeholder} className={`${INPUT} pr-8 pl-8 [&::-webkit-search-cancel-button]:hidden`} />
      <AriaButton
        aria-label={t("clear")}
        className="absolute right-1 flex size-6 items-center justify-center rounded-control text-ink-3 group-data-[empty]:hidden touch:size-10"
      >
        <X size={14} />
      </AriaButton>
    </AriaSearchField>
  );
}
