// A field for code and for text with variables. What does the work is loaded when the first one is shown.

import { lazy, type ReactNode, type Ref, Suspense } from "react";
import type { Chip } from "./chips";
import type { Choice } from "./complete";
import type { JsonWords } from "./lint";
import type { Written } from "./spans";

export interface CodeHandle {
  focus: () => void;
  /** Puts a variable where the cursor is, in the way the field is written. */
  insert: (path: string) => void;
}

export interface CodeProps {
  value: string;
  /** `whole`: more than a character came or went at once. */
  onChange: (value: string, whole: boolean) => void;
  as: Written;
  /** How many lines are seen when it is empty; without it, one line that cannot be broken. */
  lines?: number;
  /** Its name for screen readers, when nothing else labels it. */
  label?: string;
  labelledBy?: string;
  describedBy?: string;
  isInvalid?: boolean;
  isReadOnly?: boolean;
  placeholder?: string;
  /** What is said of an expression; without it there are no chips. */
  chip?: (source: string) => Chip;
  /** What fits the words that were typed after `{{`. */
  find?: (words: string) => Choice[];
  /** Ctrl+Space while the list is open. */
  onMore?: () => void;
  json?: JsonWords;
  /** Undo belongs to whoever keeps the value. */
  onUndo?: () => void;
  onRedo?: () => void;
  onFocus?: () => void;
  onBlur?: () => void;
  handle?: Ref<CodeHandle>;
  /** In its corner, once it can be used. */
  corner?: ReactNode;
}

/** Pages that may lose the network load it beforehand. */
export const loadCode = () => import("./code-mirror");
const CodeMirror = lazy(loadCode);

export function Code(props: CodeProps) {
  const { value, lines, placeholder } = props;
  const height = lines ? { minHeight: `${lines * 18 + 14}px` } : undefined;
  return (
    <div
      data-invalid={props.isInvalid || undefined}
      data-read-only={props.isReadOnly || undefined}
      data-line={lines === undefined || undefined}
      style={height}
      className="group/code relative flex min-h-8 w-full min-w-0 flex-col rounded-control border border-line bg-surface text-ink touch:min-h-11 hover:border-line-strong focus-within:border-accent focus-within:outline-1 focus-within:outline-accent data-[invalid]:border-failed data-[read-only]:bg-sunken [&_.cm-editor]:min-h-0 [&_.cm-editor]:flex-1 data-[line]:touch:py-1.5"
    >
      <Suspense
        fallback={
          <div className="code px-2.5 py-1.5 break-words whitespace-pre-wrap text-ink-2">{value || placeholder}</div>
        }
      >
        <CodeMirror {...props} />
        {props.corner}
      </Suspense>
    </div>
  );
}
