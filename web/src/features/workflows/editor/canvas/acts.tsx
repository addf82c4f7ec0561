// Acts on nodes that need more than a command: a menu at a place, a question, a name to type.

import { type ReactNode, useMemo, useState } from "react";
import { find, type Place } from "@/flow/document";
import { every } from "@/flow/keys";
import { useTranslation } from "@/lib/i18n";
import { useNodeTitle } from "@/nodes/names";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { rename, TITLE_MAX } from "../commands/rename";
import { useEditor, useEditorStore } from "../store";
import { type Actions, useActions } from "./actions";
import { CardMenu } from "./card-menu";
import { type Inserting, InsertMenu } from "./insert-menu";
import type { CardKey } from "./keys";

export interface Acts {
  actions: Actions;
  /** Opens the menu of kinds for a place beside an element. */
  insertAt: (place: Place, anchor: HTMLElement) => void;
  /** Does something with a node; what has to be shown is shown beside the element. */
  act: (key: string, act: CardKey | "copy" | "cut" | "paste" | "wrap", anchor: HTMLElement) => void;
  /** The menus and questions that are open. */
  overlays: ReactNode;
}

type Asked =
  | { what: "insert"; inserting: Inserting }
  | { what: "menu" | "rename" | "keep"; key: string; anchor: HTMLElement };

export function useActs(): Acts {
  const actions = useActions();
  const store = useEditorStore();
  const [asked, setAsked] = useState<Asked | null>(null);
  const close = () => setAsked(null);
  const acts = useMemo(() => {
    const insertAt = (place: Place | undefined, anchor: HTMLElement) => {
      if (place) setAsked({ what: "insert", inserting: { place, anchor } });
    };
    const act: Acts["act"] = (key, what, anchor) => {
      const { reveal, fold } = store.getState();
      switch (what) {
        case "open":
          return reveal(key, "");
        case "after":
          return insertAt(actions.after(key), anchor);
        case "before":
          return insertAt(actions.before(key), anchor);
        case "menu":
          return setAsked({ what: "menu", key, anchor });
        case "condition": {
          const place = actions.after(key);
          return place && actions.insert("condition", place);
        }
        case "paste": {
          const place = actions.after(key);
          return place && actions.pasteIn(place);
        }
      }
      // The rest is about nodes: the trigger stays where and what it is.
      const node = find(store.getState().flow, key);
      if (!node) return;
      switch (what) {
        case "rename":
          return setAsked({ what, key, anchor });
        case "remove":
          if (actions.remove(key) === "has_branches") setAsked({ what: "keep", key, anchor });
          return;
        case "duplicate":
          return actions.duplicate(key);
        case "wrap":
          return actions.wrap(key);
        case "toggle":
          return actions.toggle(key);
        case "fold":
          return node.branches && fold(key);
        case "copy":
        case "cut":
          return actions.copyOut(key, what === "cut");
        default:
          return actions.move(key, what);
      }
    };
    return { actions, insertAt, act };
  }, [actions, store]);
  let overlays: ReactNode = null;
  if (asked?.what === "insert") {
    overlays = <InsertMenu inserting={asked.inserting} onClose={close} actions={actions} />;
  } else if (asked?.what === "menu") {
    const { key, anchor } = asked;
    const act: Parameters<typeof CardMenu>[0]["act"] = (what) => {
      close();
      acts.act(key, what, anchor);
    };
    overlays = (
      <CardMenu anchor={anchor} of={key} onClose={() => setAsked((now) => (now === asked ? null : now))} act={act} />
    );
  } else if (asked?.what === "rename") {
    overlays = <RenameDialog of={asked.key} onClose={close} />;
  } else if (asked?.what === "keep") {
    overlays = <KeepDialog of={asked.key} onClose={close} remove={actions.remove} />;
  }
  return { ...acts, overlays };
}

function RenameDialog({ of, onClose }: { of: string; onClose: () => void }) {
  const { t } = useTranslation(["editor", "common"]);
  const titleOf = useNodeTitle();
  const store = useEditorStore();
  const node = find(store.getState().flow, of);
  const [title, setTitle] = useState(() => titleOf(node ?? null));
  const save = () => {
    if (title !== titleOf(node ?? null)) store.getState().edit("renamed", rename(of, title));
    onClose();
    store.getState().call(of);
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t("rename.title")}
      footer={
        <>
          <Button onPress={onClose}>{t("common:cancel")}</Button>
          <Button look="primary" onPress={save}>
            {t("rename.save")}
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <TextField
          label={t("rename.label")}
          value={title}
          onChange={setTitle}
          maxLength={TITLE_MAX}
          autoFocus
          onFocus={(event) => (event.target as HTMLInputElement).select()}
          help={t("rename.help", { key: of })}
        />
      </form>
    </Dialog>
  );
}

/** A branching node goes: what becomes of what is in it? */
function KeepDialog({ of, onClose, remove }: { of: string; onClose: () => void; remove: Actions["remove"] }) {
  const { t } = useTranslation(["editor", "nodes", "common"]);
  const titleOf = useNodeTitle();
  const node = useEditor(({ flow }) => find(flow, of));
  const choose = (keep: string | null) => {
    onClose();
    remove(of, keep);
  };
  const branches = Object.entries(node?.branches ?? {}).filter(([, inner]) => inner.length > 0);
  return (
    <Dialog isOpen onClose={onClose} role="alertdialog" title={t("keep.title", { title: titleOf(node ?? null) })}>
      <div className="flex flex-col gap-3">
        <p className="text-body text-ink-2">{t("keep.text")}</p>
        <div className="flex flex-col gap-2">
          {branches.map(([name, inner]) => (
            <Button key={name} onPress={() => choose(name)} className="h-auto min-h-8 py-1.5 whitespace-normal">
              {t("keep.branch", {
                branch: t(`nodes:branch.${name as "true"}`, { defaultValue: name }),
                count: [...every(inner)].length,
              })}
            </Button>
          ))}
          <Button look="danger" onPress={() => choose(null)}>
            {t("keep.none")}
          </Button>
          <Button look="quiet" onPress={onClose}>
            {t("common:cancel")}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
