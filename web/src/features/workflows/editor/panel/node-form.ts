// How the form of a node reads and writes its config: each field by its path, with what is wrong with it.

import { useMemo } from "react";
import type { FlowNode, Json } from "@/flow/document";
import { setInNode } from "../commands/set";
import { useProblems } from "../problems";
import { useEditor } from "../store";

type Path = (string | number)[];

export interface NodeForm {
  node: FlowNode;
  get: (...path: Path) => Json | undefined;
  /** `undefined` takes the field away. Typing into one field is one edit; what is `whole` is one of its own. */
  set: (path: Path, value: Json | undefined, whole?: boolean) => void;
  /** Where the field stands: a JSON pointer below the node. */
  at: (...path: Path) => string;
  /** What is wrong with the field itself, in words. */
  problem: (...path: Path) => string | undefined;
  /** The same, with what is wrong inside of it. */
  problemIn: (...path: Path) => string | undefined;
}

export function useNodeForm(node: FlowNode): NodeForm {
  const edit = useEditor((editor) => editor.edit);
  const problems = useProblems();
  const here = useMemo(() => problems.filter(({ of }) => of === node.key), [problems, node.key]);
  return useMemo(() => {
    const at = (...path: Path) => `/config${path.map((step) => `/${escaped(step)}`).join("")}`;
    return {
      node,
      at,
      get: (...path) => path.reduce<Json | undefined>(down, node.config),
      set: (path, value, whole) => {
        edit("field", setInNode(node.key, ["config", ...path], value), whole ? undefined : `${node.key}${at(...path)}`);
      },
      problem: (...path) => here.find((problem) => problem.at === at(...path))?.message,
      problemIn: (...path) => {
        const pointer = at(...path);
        return here.find((problem) => problem.at === pointer || problem.at.startsWith(`${pointer}/`))?.message;
      },
    };
  }, [node, edit, here]);
}

function down(value: Json | undefined, step: string | number): Json | undefined {
  return typeof value === "object" && value !== null ? (value as Record<string | number, Json>)[step] : undefined;
}

function escaped(step: string | number): string {
  return String(step).replaceAll("~", "~0").replaceAll("/", "~1");
}
