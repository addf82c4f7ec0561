// Ctrl+F: to a node by its name, key or what it does.

import { Search } from "lucide-react";
import { Autocomplete, useFilter } from "react-aria-components/Autocomplete";
import { Dialog } from "react-aria-components/Dialog";
import { Input } from "react-aria-components/Input";
import { Menu, MenuItem } from "react-aria-components/Menu";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { SearchField } from "react-aria-components/SearchField";
import { Text } from "react-aria-components/Text";
import { type FlowNode, walk } from "@/flow/document";
import { useTranslation } from "@/lib/i18n";
import { glyph, summary } from "@/nodes/kinds";
import { useNodeTitle } from "@/nodes/names";
import { OPTION } from "@/ui/overlay-looks";
import { useEditor } from "../store";

export function FindNode({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("editor");
  const titleOf = useNodeTitle();
  const flow = useEditor((editor) => editor.flow);
  const call = useEditor((editor) => editor.call);
  const { contains } = useFilter({ sensitivity: "base" });
  const nodes = Array.from(walk(flow), ({ node }) => ({ id: node.key, node }));
  return (
    <ModalOverlay
      isOpen
      isDismissable
      onOpenChange={(open) => !open && onClose()}
      className="fixed inset-0 z-40 flex items-start justify-center bg-scrim p-4 pt-[8vh]"
    >
      <Modal className="flex max-h-[70vh] w-full max-w-[480px] flex-col rounded-card bg-surface shadow-overlay">
        <Dialog aria-label={t("find.label")} className="flex min-h-0 flex-col outline-none">
          <Autocomplete filter={contains}>
            <SearchField
              aria-label={t("find.label")}
              autoFocus
              className="flex items-center gap-2 border-b border-line px-3"
            >
              <Search size={16} className="shrink-0 text-ink-3" aria-hidden />
              <Input
                placeholder={t("find.label")}
                className="h-11 min-w-0 flex-1 bg-transparent text-control outline-none placeholder:text-ink-3"
              />
            </SearchField>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys */}
            <div tabIndex={0} className="min-h-0 overflow-auto outline-offset-[-2px]">
              <Menu
                aria-label={t("find.found")}
                items={nodes}
                className="p-1 outline-none"
                renderEmptyState={() => <p className="px-2 py-3 text-body text-ink-3">{t("find.nothing")}</p>}
                onAction={(key) => {
                  onClose();
                  // After the dialog has given the focus back.
                  setTimeout(() => call(String(key)), 50);
                }}
              >
                {({ node }: { node: FlowNode }) => (
                  <MenuItem
                    id={node.key}
                    textValue={`${titleOf(node)} ${node.key} ${summary(node)}`}
                    className={OPTION}
                  >
                    <span className="shrink-0 text-ink-3">{glyph(node.kind)}</span>
                    <Text slot="label" className="min-w-0 flex-1 truncate">
                      {titleOf(node)}
                    </Text>
                    <span className="code max-w-1/2 truncate text-ink-3">{summary(node)}</span>
                  </MenuItem>
                )}
              </Menu>
            </div>
          </Autocomplete>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
