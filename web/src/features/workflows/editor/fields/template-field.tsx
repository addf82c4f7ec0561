import { Braces } from "lucide-react";
import { type ReactNode, useId, useMemo, useRef, useState } from "react";
import type { Json } from "@/flow/document";
import { hasTemplate } from "@/flow/template";
import { matches } from "@/flow/variables";
import { useTranslation } from "@/lib/i18n";
import { IconButton } from "@/ui/button";
import { Code, type CodeHandle } from "@/ui/code/code";
import { LABEL } from "@/ui/field";
import { useEditor } from "../store";
import { inShort } from "./in-short";
import { useJsonDraft } from "./json-draft";
import { useJsonWords } from "./json-words";
import { PickerColumn, PickerSheet, useWide } from "./picker";
import { begin, end, keepClosed, usePicking } from "./picking";
import { PreviewLine } from "./preview-line";
import { useRendered } from "./previews";
import { useVariables } from "./variables-here";

export interface TemplateFieldProps {
  label: string;
  value: Json | undefined;
  /** `whole`: more than a character came or went at once, so that it is an edit of its own. */
  onChange: (value: Json | undefined, whole?: boolean) => void;
  /** Whose field it is: a node's key, or `""` for the trigger. Says which variables there are. */
  of: string;
  /** One line of text, text of many lines, any JSON value with templates in its texts, or one expression without braces. */
  as: "line" | "text" | "json" | "expression";
  help?: ReactNode;
  problem?: string;
  placeholder?: string;
  /** The label is for screen readers alone. */
  hideLabel?: boolean;
  /** How many lines are seen when it is empty. */
  lines?: number;
  /** Secrets can be put in. */
  secrets?: boolean;
  /** Where it stands, as a JSON pointer below the node or the trigger: `/config/body`. */
  at?: string;
  /** Behind the label. */
  action?: ReactNode;
  /** What it comes to is shown elsewhere: only trouble is told here. */
  quiet?: boolean;
}

/** Keys that open drawers and close what is in front: a field that they led to was not asked for variables yet. */
const OPENING = ["Enter", "Escape", "Control", "Meta", "Alt", "Shift"];
/** Completions that are offered at once. */
const CHOICES_MAX = 60;

/** Text or JSON with variables in it. */
export function TemplateField(props: TemplateFieldProps) {
  return props.as === "json" ? <JsonField {...props} /> : <TextField {...props} />;
}

function TextField(props: TemplateFieldProps) {
  const { value, onChange } = props;
  const text = typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value);
  return <Field {...props} text={text} onText={onChange} />;
}

function JsonField(props: TemplateFieldProps) {
  const { t } = useTranslation("fields");
  const { of, label, at, value, onChange, problem } = props;
  const draft = useJsonDraft(`${of} ${at ?? label}`, value, onChange);
  const words = useJsonWords();
  const wrong = draft.problem && `${words.problem(draft.problem)} ${t("json.kept")}`;
  return <Field {...props} text={draft.text} onText={draft.setText} onUndo={draft.forget} problem={wrong ?? problem} />;
}

function Field({
  label,
  hideLabel,
  of,
  at,
  as,
  value,
  text,
  onText,
  onUndo,
  help,
  problem,
  placeholder,
  lines,
  secrets = false,
  action,
  quiet,
}: TemplateFieldProps & {
  text: string;
  onText: (text: string, whole: boolean) => void;
  /** Before the document's own undo; returns whether that was all. */
  onUndo?: () => boolean;
}) {
  const { t } = useTranslation("fields");
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const code = useRef<CodeHandle>(null);
  const wide = useWide();
  const [sheet, setSheet] = useState(false);
  const isActive = usePicking((picking) => picking.field === id);
  const closed = usePicking((picking) => picking.closed);
  // Closed for as long as this field is in use.
  const [left, setLeft] = useState(false);
  const undo = useEditor((editor) => editor.undo);
  const redo = useEditor((editor) => editor.redo);
  const { roots, chip, error } = useVariables(of, secrets);
  const template =
    as === "expression"
      ? text.trim()
        ? `{{ ${text} }}`
        : undefined
      : hasTemplate(text)
        ? (value ?? undefined)
        : undefined;
  const rendered = useRendered(template);
  const words = useJsonWords();

  const find = useMemo(
    () => (typed: string) =>
      matches(roots, typed)
        .slice(0, CHOICES_MAX)
        .map(({ path, alias, example }) => ({
          path,
          alias,
          value: example === undefined ? undefined : inShort(example, 40),
        })),
    [roots],
  );
  const leave = () => {
    setLeft(true);
    code.current?.focus();
  };
  const insert = (path: string, closes: boolean) => {
    code.current?.insert(path);
    setSheet(false);
    if (closes) setLeft(true);
    code.current?.focus();
  };
  const openPicker = () => {
    keepClosed(false);
    setLeft(false);
    begin(id);
    if (!wide) setSheet(true);
    // The column is drawn first.
    else setTimeout(() => document.getElementById(`${id}-picker`)?.querySelector("input")?.focus());
  };
  const onBlur = () => {
    // Where the focus goes is known a moment later.
    setTimeout(() => {
      const to = document.activeElement;
      const stays = box.current?.contains(to) || document.getElementById(`${id}-picker`)?.contains(to);
      if (stays || !document.hasFocus()) return;
      end(id);
      setLeft(false);
    });
  };
  const described = [help || problem ? `${id}-below` : "", rendered ? `${id}-preview` : ""].filter(Boolean).join(" ");
  const shows = isActive && wide && !closed && !left;

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Esc closes the picker wherever in the field the focus is
    <div
      ref={box}
      data-pointer={at}
      className="flex min-w-0 flex-col gap-1"
      onBlur={onBlur}
      onPointerDown={() => begin(id)}
      onKeyUp={(event) => !OPENING.includes(event.key) && begin(id)}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented || !shows) return;
        event.stopPropagation();
        setLeft(true);
      }}
    >
      <div className={hideLabel ? "sr-only" : "flex min-h-5 items-center justify-between gap-2"}>
        {/* biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: as a label's click */}
        <span id={id} className={LABEL} onClick={() => code.current?.focus()}>
          {label}
        </span>
        {!hideLabel && action}
      </div>
      <Code
        handle={code}
        value={text}
        onChange={onText}
        as={as === "line" ? "text" : as}
        lines={as === "line" ? undefined : (lines ?? (as === "expression" ? 2 : 6))}
        labelledBy={id}
        describedBy={described || undefined}
        isInvalid={problem !== undefined}
        placeholder={placeholder}
        chip={chip}
        find={find}
        onMore={openPicker}
        json={as === "json" ? words : undefined}
        onUndo={() => onUndo?.() || undo()}
        onRedo={redo}
        corner={
          <div className="absolute top-[3px] right-[3px] opacity-0 touch:top-0 touch:right-0 group-focus-within/code:opacity-100 group-hover/code:opacity-100 touch:opacity-100">
            <IconButton
              label={t("picker.open")}
              keys={t("picker.open_keys")}
              excludeFromTabOrder
              onPress={openPicker}
              className="h-6! w-6! touch:h-11! touch:w-9!"
            >
              <Braces size={14} />
            </IconButton>
          </div>
        }
      />
      {(problem || help) && (
        <span id={`${id}-below`} className={`text-meta ${problem ? "text-failed" : "text-ink-3"}`}>
          {problem ?? help}
        </span>
      )}
      {!problem && <PreviewLine id={`${id}-preview`} rendered={rendered} quiet={quiet} />}
      {shows && (
        <PickerColumn id={`${id}-picker`} beside={box} roots={roots} onInsert={insert} onLeave={leave} error={error} />
      )}
      {sheet && (
        <PickerSheet
          id={`${id}-picker`}
          roots={roots}
          onInsert={insert}
          onClose={() => {
            setSheet(false);
            code.current?.focus();
          }}
          error={error}
        />
      )}
    </div>
  );
}
