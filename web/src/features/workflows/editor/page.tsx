import { useSuspenseQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { workflowQuery } from "@/api/queries";
import type { Flow, FlowNode } from "@/flow/document";
import { endsFlow, glyph, summary, triggerSummary } from "@/nodes/kinds";
import { LineMap } from "@/ui/linemap/line-map";
import { useTitle } from "@/ui/page";
import { NodePanel } from "./panel/node-panel";
import { createEditor, EditorContext, useEditor } from "./store";
import { TriggerPanel } from "./trigger/trigger-panel";

export function EditorPage() {
  const { key } = useParams({ from: "/shell/workflows/$key" });
  const { data: workflow } = useSuspenseQuery(workflowQuery(key));
  useTitle(workflow.title);
  const store = useMemo(() => createEditor(key, workflow.draft as Flow), [key, workflow.draft]);
  return (
    <EditorContext.Provider value={store}>
      <main id="main" tabIndex={-1} className="flex min-h-0 flex-1 flex-col">
        <h1 className="px-6 py-3 text-title font-semibold">{workflow.title}</h1>
        <Canvas />
      </main>
    </EditorContext.Provider>
  );
}

function Canvas() {
  const { t } = useTranslation("nodes");
  const flow = useEditor((editor) => editor.flow);
  const selected = useEditor((editor) => editor.selected);
  const focused = useEditor((editor) => editor.focused);
  const select = useEditor((editor) => editor.select);
  const focus = useEditor((editor) => editor.focus);
  const card = (node: FlowNode | null) => {
    const kind = node?.kind ?? "webhook";
    const title = node?.title ?? t(`kind.${kind as "condition"}`, { defaultValue: kind });
    const line = node ? summary(node) : triggerSummary(flow);
    return { glyph: glyph(kind), title, summary: line, disabled: node?.disabled, name: `${title}, ${line}` };
  };
  const node = flow.nodes.find((each) => each.key === selected);
  return (
    <div className="flex min-h-0 flex-1">
      <div className="min-w-0 flex-1 overflow-auto">
        <LineMap
          flow={flow}
          card={card}
          selected={selected}
          onSelect={select}
          focused={focused}
          onFocus={focus}
          ends={endsFlow}
          label={t("flow")}
        />
      </div>
      {selected === "" && <TriggerPanel />}
      {node && <NodePanel node={node} />}
    </div>
  );
}
