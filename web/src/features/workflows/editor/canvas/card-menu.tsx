// Everything that can be done with a node, at its card (Shift+F10, right click) and in its drawer.

import { useRef } from "react";
import { Menu } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { find } from "@/flow/document";
import { useTranslation } from "@/lib/i18n";
import { useNodeTitle } from "@/nodes/names";
import { MenuItem, MenuSeparator } from "@/ui/menu-parts";
import { POPOVER } from "@/ui/overlay-looks";
import { targetOf } from "../commands/move";
import { useEditor } from "../store";
import { type CardKey, KEYS } from "./keys";

type Act = CardKey | "copy" | "cut" | "paste" | "wrap";

/** What a node can be told; the drawer's menu and the card's keys use the same words. */
export type NodeAct = (act: Act) => void;

export function CardMenu({
  anchor,
  of,
  act,
  onClose,
}: {
  anchor: HTMLElement;
  of: string;
  act: NodeAct;
  onClose: () => void;
}) {
  const { t } = useTranslation("editor");
  const titleOf = useNodeTitle();
  const title = useEditor(({ flow }) => titleOf(find(flow, of) ?? null));
  const items = useNodeItems(of);
  const trigger = useRef(anchor);
  trigger.current = anchor;
  return (
    <Popover
      isOpen
      onOpenChange={(open) => !open && onClose()}
      triggerRef={trigger}
      aria-label={t("card_menu", { title })}
      placement="bottom start"
      offset={4}
      className={`${POPOVER} min-w-60`}
    >
      <Menu aria-label={t("card_menu", { title })} autoFocus="first" onClose={onClose} className="p-1 outline-none">
        {nodeMenuItems(items, act)}
      </Menu>
    </Popover>
  );
}

type Item = { id: Act; word: string; danger?: boolean; isDisabled?: boolean } | "line";

/** What can be done with a node now. */
export function useNodeItems(of: string): Item[] {
  const { t } = useTranslation("editor");
  const flow = useEditor((editor) => editor.flow);
  const collapsed = useEditor((editor) => editor.collapsed.has(of));
  const node = find(flow, of);
  if (!node) {
    return [
      { id: "open", word: t("action.open") },
      { id: "after", word: t("action.after") },
      { id: "condition", word: t("action.condition") },
      { id: "paste", word: t("action.paste") },
    ];
  }
  return [
    { id: "open", word: t("action.open") },
    { id: "rename", word: t("action.rename") },
    "line",
    { id: "after", word: t("action.after") },
    { id: "before", word: t("action.before") },
    { id: "condition", word: t("action.condition") },
    { id: "wrap", word: t("action.wrap") },
    "line",
    { id: "copy", word: t("action.copy") },
    { id: "cut", word: t("action.cut") },
    { id: "paste", word: t("action.paste") },
    { id: "duplicate", word: t("action.duplicate") },
    "line",
    { id: "up", word: t("action.up"), isDisabled: !targetOf(flow, of, "up") },
    { id: "down", word: t("action.down"), isDisabled: !targetOf(flow, of, "down") },
    { id: "in", word: t("action.in"), isDisabled: !targetOf(flow, of, "in") },
    { id: "out", word: t("action.out"), isDisabled: !targetOf(flow, of, "out") },
    "line",
    ...(node.branches ? [{ id: "fold" as const, word: collapsed ? t("action.unfold") : t("action.fold") }] : []),
    { id: "toggle", word: node.disabled ? t("action.enable") : t("action.disable") },
    { id: "remove", word: t("action.remove"), danger: true },
  ];
}

/** Elements, not a component: a menu knows its items by looking at them. */
export function nodeMenuItems(items: Item[], act: NodeAct) {
  return items.map((item, index) =>
    item === "line" ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: lines are all alike
      <MenuSeparator key={`line ${index}`} />
    ) : (
      <MenuItem
        key={item.id}
        id={item.id}
        keys={item.id === "wrap" ? undefined : KEYS[item.id]}
        danger={item.danger}
        isDisabled={item.isDisabled}
        onAction={() => act(item.id)}
      >
        {item.word}
      </MenuItem>
    ),
  );
}
