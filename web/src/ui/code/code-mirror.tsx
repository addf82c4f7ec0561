// CodeMirror as a field whose value somebody else keeps. It has no past of its own: Ctrl+Z is the document's.

import { defaultKeymap } from "@codemirror/commands";
import { json as jsonLanguage } from "@codemirror/lang-json";
import { bracketMatching, indentOnInput, indentUnit } from "@codemirror/language";
import { Annotation, Compartment, EditorState, type Extension, Prec } from "@codemirror/state";
import { drawSelection, EditorView, keymap, placeholder as placeholderText } from "@codemirror/view";
import { useEffect, useImperativeHandle, useRef } from "react";
import { useTranslation } from "@/lib/i18n";
import { chips, openBeside, reading } from "./chips";
import type { CodeProps } from "./code";
import { completing } from "./complete";
import { jsonLint } from "./lint";
import { insertion } from "./spans";
import { theme } from "./theme";

/** A change that whoever keeps the value made. */
const fromOutside = Annotation.define<boolean>();

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";

export default function CodeMirror(props: CodeProps) {
  const { value, handle } = props;
  const { t } = useTranslation("fields");
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  // What the editor calls later is what was given last.
  const last = useRef(props);
  last.current = props;
  const changing = useRef(new Compartment());

  // biome-ignore lint/correctness/useExhaustiveDependencies: made once; what may change is set below
  useEffect(() => {
    if (!place.current) return;
    const made = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: value,
        extensions: [
          EditorView.cspNonce.of(nonce),
          EditorState.phrases.of({ Completions: t("picker.label") }),
          theme,
          behavior(last),
          changing.current.of(changeable(props)),
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: these alone change how the field looks
  useEffect(() => {
    view.current?.dispatch({ effects: changing.current.reconfigure(changeable(props)) });
  }, [
    props.label,
    props.labelledBy,
    props.describedBy,
    props.isInvalid,
    props.isReadOnly,
    props.placeholder,
    props.chip,
    props.as,
  ]);

  useEffect(() => {
    if (view.current) follow(view.current, value);
  }, [value]);

  useImperativeHandle(handle, () => ({
    focus: () => view.current?.focus(),
    insert: (path) => view.current && insert(view.current, path, last.current.as),
  }));

  return <div ref={place} className="flex min-h-0 flex-1 flex-col" />;
}

/** Makes the shown text `value` with the smallest change, so that the cursor stays where it is. */
function follow(view: EditorView, value: string) {
  const shown = view.state.doc.toString();
  if (shown === value) return;
  const most = Math.min(shown.length, value.length);
  let from = 0;
  while (from < most && shown[from] === value[from]) from++;
  let end = 0;
  while (end < most - from && shown[shown.length - 1 - end] === value[value.length - 1 - end]) end++;
  const inserted = value.slice(from, value.length - end);
  view.dispatch({
    changes: { from, to: shown.length - end, insert: inserted },
    // As people expect of undo: the cursor goes to what changed.
    selection: view.hasFocus ? { anchor: from + inserted.length } : undefined,
    annotations: fromOutside.of(true),
  });
}

function insert(view: EditorView, path: string, as: CodeProps["as"]) {
  const { from, to } = view.state.selection.main;
  const text = insertion(view.state.doc.toString(), from, to, path, as);
  view.dispatch({
    changes: { from, to, insert: text },
    selection: { anchor: from + text.length },
    scrollIntoView: true,
    userEvent: "input.complete",
  });
}

/** What may be another with each render. */
function changeable({ as, chip, label, labelledBy, describedBy, isInvalid, isReadOnly, placeholder }: CodeProps) {
  const attributes: Record<string, string> = {};
  if (label) attributes["aria-label"] = label;
  if (labelledBy) attributes["aria-labelledby"] = labelledBy;
  if (describedBy) attributes["aria-describedby"] = describedBy;
  if (isInvalid) attributes["aria-invalid"] = "true";
  if (isReadOnly) attributes["aria-readonly"] = "true";
  return [
    reading.of({ as, chip }),
    EditorView.contentAttributes.of(attributes),
    EditorState.readOnly.of(isReadOnly ?? false),
    placeholder ? placeholderText(placeholder) : [],
  ];
}

/** What stays as it is for as long as the field is there. */
function behavior(last: { current: CodeProps }): Extension {
  const { as, lines, json } = last.current;
  const undo = () => {
    last.current.onUndo?.();
    return true;
  };
  const redo = () => {
    last.current.onRedo?.();
    return true;
  };
  return [
    last.current.find
      ? completing(
          (words) => last.current.find?.(words) ?? [],
          () => last.current.onMore?.(),
        )
      : [],
    chips,
    drawSelection(),
    EditorView.lineWrapping,
    as === "json" ? [jsonLanguage(), bracketMatching(), indentOnInput(), indentUnit.of("  ")] : [],
    json ? jsonLint(() => last.current.json ?? json) : [],
    lines === undefined ? oneLine : [],
    EditorView.contentAttributes.of({ "aria-multiline": String(lines !== undefined), spellcheck: "false" }),
    // By the place of the key, as the rest of the editor does: Caps Lock and other alphabets change nothing.
    Prec.highest(
      EditorView.domEventHandlers({
        keydown: (event) => {
          if (!(event.ctrlKey || event.metaKey) || event.altKey) return false;
          if (event.code !== "KeyZ" && event.code !== "KeyY") return false;
          event.preventDefault();
          event.stopPropagation();
          return event.code === "KeyY" || event.shiftKey ? redo() : undo();
        },
      }),
    ),
    Prec.high(keymap.of([{ key: "F2", run: openBeside, stopPropagation: true }])),
    keymap.of(defaultKeymap),
    EditorView.domEventHandlers({
      focus: () => last.current.onFocus?.(),
      blur: () => last.current.onBlur?.(),
      beforeinput: (event, view) => {
        // What a browser puts in place of lines and chips may have styles of its own, which the page's policy refuses.
        if (event.inputType === "insertText" && event.data && !event.isComposing && !view.state.selection.main.empty) {
          event.preventDefault();
          view.dispatch(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
          return true;
        }
        if (event.inputType === "historyUndo") return undo();
        if (event.inputType === "historyRedo") return redo();
        return false;
      },
    }),
    EditorView.updateListener.of((update) => {
      if (!update.docChanged || update.transactions.every((each) => each.annotation(fromOutside))) return;
      let whole = false;
      update.changes.iterChanges((from, to, start, end) => {
        whole ||= to - from > 1 || end - start > 1;
      });
      last.current.onChange(update.state.doc.toString(), whole);
    }),
  ];
}

/** Enter does nothing, and what is pasted is put into one line. */
const oneLine: Extension = [
  Prec.high(keymap.of([{ key: "Enter", run: () => true }])),
  EditorView.clipboardInputFilter.of((text) => text.replaceAll(/\s*[\r\n]+\s*/g, " ")),
  EditorState.transactionFilter.of((transaction) =>
    transaction.docChanged &&
    !transaction.annotation(fromOutside) &&
    transaction.newDoc.lines > transaction.startState.doc.lines
      ? []
      : transaction,
  ),
];
