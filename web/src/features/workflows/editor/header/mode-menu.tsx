import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import type { Mode } from "@/flow/document";
import { useTranslation } from "@/lib/i18n";
import { useNodeTitle } from "@/nodes/names";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Menu, MenuItem } from "@/ui/menu-parts";
import { say } from "@/ui/toast";
import { setMode, unfit } from "../commands/mode";
import { useKinds } from "../kinds";
import { useEditor, useEditorStore } from "../store";

/** Who waits for whom: said on the badge, switched in its menu, with what that would cost. */
export function ModeMenu() {
  const { t } = useTranslation(["editor", "common"]);
  const flow = useEditor((editor) => editor.flow);
  const store = useEditorStore();
  const kinds = useKinds();
  const titleOf = useNodeTitle();
  const [asked, setAsked] = useState<Mode | null>(null);
  const switchTo = (mode: Mode) => {
    setAsked(null);
    store.getState().edit("mode", setMode(mode, kinds, true));
    say(t(`mode.now_${mode}`), { action: { label: t("undo"), run: () => store.getState().undo() } });
  };
  const choose = (mode: Mode) => {
    if (mode === flow.mode) return;
    const costs = unfit(flow, mode, kinds).length > 0 || (mode === "sync" && flow.trigger.answer !== undefined);
    if (costs) setAsked(mode);
    else switchTo(mode);
  };
  const gone = asked ? unfit(flow, asked, kinds) : [];
  return (
    <>
      <Menu
        label={t("mode.label")}
        trigger={
          <AriaButton className="flex h-6 shrink-0 items-center gap-1 rounded-control bg-sunken px-2 text-meta text-ink-2 data-[hovered]:text-ink touch:h-11">
            <span className="sr-only">{t("mode.is")}</span>Webhook · {t(`mode.${flow.mode}`)}
            <ChevronDown size={12} aria-hidden />
          </AriaButton>
        }
      >
        <MenuItem id="sync" onAction={() => choose("sync")} detail={t("mode.sync_text")}>
          {t("mode.sync_title")}
        </MenuItem>
        <MenuItem id="async" onAction={() => choose("async")} detail={t("mode.async_text")}>
          {t("mode.async_title")}
        </MenuItem>
      </Menu>
      {asked && (
        <Dialog
          isOpen
          onClose={() => setAsked(null)}
          title={t(`mode.to_${asked}`)}
          footer={
            <>
              <Button onPress={() => setAsked(null)}>{t("common:cancel")}</Button>
              <Button look="primary" onPress={() => switchTo(asked)}>
                {gone.length > 0 ? t("mode.remove_and_switch", { count: gone.length }) : t("mode.switch")}
              </Button>
            </>
          }
        >
          <div className="flex flex-col gap-3 text-body">
            <p>{asked === "async" ? t("mode.to_async_text") : t("mode.to_sync_text")}</p>
            {gone.length > 0 && (
              <ul className="list-disc pl-5">
                {gone.map((node) => (
                  <li key={node.key}>
                    <button
                      type="button"
                      className="text-accent underline-offset-2 hover:underline"
                      onClick={() => {
                        setAsked(null);
                        store.getState().reveal(node.key, "");
                      }}
                    >
                      {titleOf(node)}
                    </button>{" "}
                    <span className="code text-ink-3">{node.key}</span>
                  </li>
                ))}
              </ul>
            )}
            <p className="text-ink-2">{t("mode.undoable")}</p>
          </div>
        </Dialog>
      )}
    </>
  );
}
