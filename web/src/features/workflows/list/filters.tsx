import { Search } from "lucide-react";
import { type RefObject, useEffect, useState } from "react";
import { useTranslation } from "@/lib/i18n";
import { TextField } from "@/ui/field";
import { PlainSelect } from "@/ui/plain-select";
import type { WorkflowFilter } from "./filter";

/** No tag can be called so: tags are not empty. */
const ANY = "";

export function Filters({
  filter,
  onChange,
  tags,
  search,
}: {
  filter: WorkflowFilter;
  onChange: (change: WorkflowFilter) => void;
  tags: string[];
  search: RefObject<HTMLInputElement | null>;
}) {
  const { t } = useTranslation("workflows");
  const [typed, setTyped] = useState(filter.q ?? "");
  // The address can change without typing: by "Clear", or a link. While typing it comes a little later.
  useEffect(() => {
    if (document.activeElement !== search.current) setTyped(filter.q ?? "");
  }, [filter.q, search]);
  return (
    <search className="flex flex-wrap items-center gap-2">
      <div className="relative w-72 max-narrow:w-full">
        <Search
          size={16}
          aria-hidden
          className="pointer-events-none absolute top-2 left-2.5 z-1 text-ink-3 touch:top-3.5"
        />
        <TextField
          ref={search}
          label=""
          aria-label={t("filter.search")}
          placeholder={t("filter.search_hint")}
          type="search"
          value={typed}
          onChange={(text) => {
            setTyped(text);
            onChange({ q: text === "" ? undefined : text });
          }}
          className="[&_input]:pl-8"
        />
      </div>
      <PlainSelect
        hideLabel
        label={t("filter.state")}
        value={filter.state ?? "all"}
        onChange={(state) => onChange({ state: state === "all" ? undefined : state })}
        options={[
          { id: "all", label: t("filter.all") },
          { id: "on", label: t("filter.on") },
          { id: "off", label: t("filter.off") },
        ]}
        className="w-32"
      />
      {tags.length > 0 && (
        <PlainSelect
          hideLabel
          label={t("filter.tag")}
          value={filter.tag ?? ANY}
          onChange={(tag) => onChange({ tag: tag === ANY ? undefined : tag })}
          options={[{ id: ANY, label: t("filter.any_tag") }, ...tags.map((tag) => ({ id: tag, label: tag }))]}
          className="w-40"
        />
      )}
    </search>
  );
}
