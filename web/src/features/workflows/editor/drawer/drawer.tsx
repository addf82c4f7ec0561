// The frame of every drawer: whose it is, what is wrong with it, and the form of its kind.

import { Ellipsis, X } from "lucide-react";
import { type KeyboardEvent, Suspense, useRef } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { type FlowNode, find } from "@/flow/document";
import { usersOf } from "@/flow/references";
import { useTranslation } from "@/lib/i18n";
import { NARROW, useMedia } from "@/lib/media";
import { glyph } from "@/nodes/kinds";
import { useKindName, useNodeTitle } from "@/nodes/names";
import { IconButton } from "@/ui/button";
import { Loading } from "@/ui/feedback";
import { TextField } from "@/ui/field";
import { Menu, MenuItem } from "@/ui/menu-parts";
import { Switch } from "@/ui/toggle";
import type { Acts } from "../canvas/acts";
import { nodeMenuItems, useNodeItems } from "../canvas/card-menu";
import { disable } from "../commands/disable";
import { rename, TITLE_MAX } from "../commands/rename";
import { setInNode } from "../commands/set";
import { useProblems } from "../problems";
import { useEditor } from "../store";
import { NodePanel, TriggerPanel } from "./panels";
import { useWantedField } from "./wanted";
import { Edge, useDrawerWidth } from "./width";

/** Characters of a note (domain::flow::limits). */
const NOTE_MAX = 2_000;

export function Drawer({ acts }: { acts: Acts }) {
  const selected = useEditor((editor) => editor.selected);
  const node = useEditor(({ flow, selected }) => (selected ? find(flow, selected) : undefined));
  const select = useEditor((editor) => editor.select);
  const call = useEditor((editor) => editor.call);
  const titleOf = useNodeTitle();
  const body = useRef<HTMLDivElement>(null);
  const [width, onWidth] = useDrawerWidth();
  const narrow = useMedia(NARROW);
  useWantedField(body);
  if (selected === null || (selected !== "" && !node)) return null;
  const close = () => {
    select(null);
    call(selected);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    close();
  };
  return (
    <aside
      aria-label={titleOf(node ?? null)}
      data-region="drawer"
      onKeyDown={onKeyDown}
      style={narrow ? undefined : { width }}
      className="relative flex min-h-0 max-w-[60%] shrink-0 flex-col border-l border-line bg-surface max-narrow:fixed max-narrow:inset-0 max-narrow:z-30 max-narrow:max-w-none max-narrow:border-l-0"
    >
      <Edge width={width} onWidth={onWidth} />
      <div ref={body} className="flex min-h-0 flex-1 flex-col overflow-auto" key={selected}>
        <Head node={node ?? null} acts={acts} onClose={close} />
        <div className="flex flex-col gap-4 px-4 pb-6">
          <Problems of={selected} />
          <div data-panel>
            <Suspense fallback={<Loading />}>{node ? <NodePanel node={node} /> : <TriggerPanel />}</Suspense>
          </div>
          {node && <Tail node={node} />}
        </div>
      </div>
    </aside>
  );
}

/** What it is called, and what can be done with it. */
function Head({ node, acts, onClose }: { node: FlowNode | null; acts: Acts; onClose: () => void }) {
  const { t } = useTranslation(["editor", "common"]);
  const titleOf = useNodeTitle();
  const kindName = useKindName();
  const edit = useEditor((editor) => editor.edit);
  const items = useNodeItems(node?.key ?? "");
  const more = useRef<HTMLSpanElement>(null);
  return (
    <header className="sticky top-0 z-10 flex flex-col gap-1 bg-surface px-4 pt-3 pb-2">
      <div className="flex items-center gap-2">
        <span className="flex size-8 shrink-0 items-center justify-center rounded-control bg-sunken text-ink-2">
          {glyph(node?.kind ?? "webhook")}
        </span>
        {node ? (
          <input
            aria-label={t("drawer.title")}
            value={node.title ?? ""}
            placeholder={kindName(node.kind)}
            maxLength={TITLE_MAX}
            onChange={(event) => edit("renamed", rename(node.key, event.target.value), `${node.key} title`)}
            className="h-8 min-w-0 flex-1 rounded-control border border-transparent bg-transparent px-1.5 text-card font-semibold placeholder:text-ink hover:border-line touch:h-11"
          />
        ) : (
          <h2 className="min-w-0 flex-1 truncate px-1.5 text-card font-semibold">{titleOf(null)}</h2>
        )}
        <span ref={more} className="contents">
          <Menu
            label={t("card_menu", { title: titleOf(node) })}
            trigger={
              <IconButton label={t("common:more")}>
                <Ellipsis size={16} />
              </IconButton>
            }
          >
            {nodeMenuItems(
              items.filter((item) => item === "line" || item.id !== "open"),
              (act) => acts.act(node?.key ?? "", act, more.current?.querySelector("button") ?? document.body),
            )}
          </Menu>
        </span>
        <IconButton label={t("common:close")} keys="Esc" onPress={onClose}>
          <X size={16} />
        </IconButton>
      </div>
      {node && (
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 pl-10 text-meta text-ink-3">
          <span className="code min-w-0 truncate select-all" title={t("drawer.key")}>
            {node.key}
          </span>
          <Users of={node.key} />
        </p>
      )}
    </header>
  );
}

/** Which nodes read its result. */
function Users({ of }: { of: string }) {
  const { t } = useTranslation("editor");
  const flow = useEditor((editor) => editor.flow);
  const reveal = useEditor((editor) => editor.reveal);
  const titleOf = useNodeTitle();
  const users = usersOf(flow, of);
  if (users.length === 0) return <span>{t("drawer.unused")}</span>;
  return (
    <Menu
      trigger={
        <AriaButton className="rounded-control text-meta text-accent underline-offset-2 data-[hovered]:underline touch:min-h-11">
          {t("drawer.used_by", { count: users.length })}
        </AriaButton>
      }
    >
      {users.map((key) => (
        <MenuItem key={key} id={key || "trigger"} onAction={() => reveal(key, "")}>
          {titleOf(find(flow, key) ?? null)}
        </MenuItem>
      ))}
    </Menu>
  );
}

function Problems({ of }: { of: string }) {
  const { t } = useTranslation("editor");
  const problems = useProblems().filter((problem) => problem.of === of);
  const reveal = useEditor((editor) => editor.reveal);
  if (problems.length === 0) return null;
  return (
    <section aria-label={t("drawer.problems")} className="rounded-control border border-failed bg-sunken px-3 py-2">
      <h3 className="text-body font-medium text-failed">{t("problems_count", { count: problems.length })}</h3>
      <ul className="flex flex-col">
        {problems.map(({ at, code, message }) => (
          <li key={`${at} ${code} ${message}`}>
            <button
              type="button"
              onClick={() => reveal(of, at)}
              className="w-full rounded-control py-0.5 text-left text-body break-words text-ink underline-offset-2 hover:underline touch:min-h-11"
            >
              {message}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What every node has, whatever its kind. */
function Tail({ node }: { node: FlowNode }) {
  const { t } = useTranslation("editor");
  const edit = useEditor((editor) => editor.edit);
  return (
    <div className="flex flex-col gap-3 border-t border-line pt-4">
      <TextField
        label={t("drawer.note")}
        help={t("drawer.note_help")}
        lines={2}
        maxLength={NOTE_MAX}
        value={node.note ?? ""}
        onChange={(note) => edit("note", setInNode(node.key, ["note"], note || undefined), `${node.key} note`)}
      />
      <Switch
        isSelected={node.disabled === true}
        onChange={(off) => edit(off ? "disabled" : "enabled", disable(node.key, off))}
      >
        {t("drawer.disabled")}
      </Switch>
    </div>
  );
}
