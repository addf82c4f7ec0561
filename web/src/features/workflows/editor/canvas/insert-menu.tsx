// The menu of kinds at a place: type to narrow it down, Enter puts one there.

import { ClipboardPaste, Search } from "lucide-react";
import { useRef } from "react";
import { Autocomplete, useFilter } from "react-aria-components/Autocomplete";
import { Collection } from "react-aria-components/Collection";
import { Header } from "react-aria-components/Header";
import { Input } from "react-aria-components/Input";
import { Menu, MenuItem, MenuSection } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { SearchField } from "react-aria-components/SearchField";
import { Text } from "react-aria-components/Text";
import type { Place } from "@/flow/document";
import { useTranslation } from "@/lib/i18n";
import { GROUPS, glyph, groupOf } from "@/nodes/kinds";
import { useKindName } from "@/nodes/names";
import { OPTION, POPOVER } from "@/ui/overlay-looks";
import { fresh } from "../commands/insert";
import { misplaced } from "../commands/put";
import { type KindInfo, useKinds } from "../kinds";
import { useEditor } from "../store";
import type { Actions } from "./actions";

export interface Inserting {
  place: Place;
  /** What the menu stands beside. */
  anchor: HTMLElement;
}

const NOBODY: ReadonlySet<string> = new Set();
const PASTE = "paste nodes";

export function InsertMenu({
  inserting,
  onClose,
  actions,
}: {
  inserting: Inserting;
  onClose: () => void;
  actions: Actions;
}) {
  const { t } = useTranslation(["editor", "nodes"]);
  const kindName = useKindName();
  const kinds = useKinds();
  const flow = useEditor((editor) => editor.flow);
  const { contains } = useFilter({ sensitivity: "base" });
  const anchor = useRef(inserting.anchor);
  anchor.current = inserting.anchor;
  const { place } = inserting;
  const why = (info: KindInfo) => misplaced(flow, [fresh(info, NOBODY)], place, kinds);
  const groups = GROUPS.map((group) => ({
    id: group,
    kinds: [...kinds.values()].filter(({ kind }) => groupOf(kind) === group),
  })).filter((group) => group.kinds.length > 0);
  const act = (id: string) => {
    onClose();
    if (id === PASTE) actions.pasteIn(place);
    else actions.insert(id, place);
  };
  return (
    <Popover
      isOpen
      onOpenChange={(open) => !open && onClose()}
      triggerRef={anchor}
      aria-label={t("insert.search")}
      placement="bottom"
      offset={4}
      className={`${POPOVER} flex w-80 max-w-[calc(100vw-2rem)] flex-col`}
    >
      <Autocomplete filter={contains}>
        <SearchField
          aria-label={t("insert.search")}
          autoFocus
          className="flex items-center gap-2 border-b border-line px-3"
        >
          <Search size={16} className="shrink-0 text-ink-3" aria-hidden />
          <Input
            placeholder={t("insert.search")}
            className="h-10 min-w-0 flex-1 bg-transparent text-control outline-none placeholder:text-ink-3 touch:h-11"
          />
        </SearchField>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys */}
        <div tabIndex={0} className="min-h-0 overflow-auto outline-offset-[-2px]">
          <Menu
            aria-label={t("insert.label")}
            className="p-1 outline-none"
            onAction={(id) => act(String(id))}
            disabledKeys={[...kinds.values()].filter((info) => why(info) !== undefined).map(({ kind }) => kind)}
            renderEmptyState={() => <p className="px-2 py-3 text-body text-ink-3">{t("insert.nothing")}</p>}
          >
            <Collection items={groups}>
              {(group) => (
                <MenuSection id={group.id}>
                  <Header className="px-2 pt-2 pb-1 text-meta text-ink-3">{t(`nodes:group.${group.id}`)}</Header>
                  <Collection items={group.kinds.map((info) => ({ ...info, id: info.kind }))}>
                    {(info) => {
                      const name = kindName(info.kind, info.title);
                      const about = t(`nodes:about.${info.kind as "condition"}`, { defaultValue: info.summary });
                      const not = why(info);
                      return (
                        <MenuItem id={info.kind} textValue={`${name} ${info.kind}`} className={OPTION}>
                          <span className="flex size-7 shrink-0 items-center justify-center rounded-control bg-sunken text-ink-2">
                            {glyph(info.kind)}
                          </span>
                          <span className="flex min-w-0 flex-1 flex-col">
                            <span>{name}</span>{" "}
                            <span className="line-clamp-2 text-meta text-ink-3">
                              {not ? t(`refused.${not}`) : about}
                            </span>
                          </span>
                        </MenuItem>
                      );
                    }}
                  </Collection>
                </MenuSection>
              )}
            </Collection>
            <MenuSection>
              <Header className="sr-only">{t("insert.clipboard")}</Header>
              <MenuItem id={PASTE} textValue={t("action.paste_here")} className={OPTION}>
                <span className="flex size-7 shrink-0 items-center justify-center text-ink-3">
                  <ClipboardPaste size={16} aria-hidden />
                </span>
                <Text slot="label">{t("action.paste_here")}</Text>
              </MenuItem>
            </MenuSection>
          </Menu>
        </div>
      </Autocomplete>
    </Popover>
  );
}
