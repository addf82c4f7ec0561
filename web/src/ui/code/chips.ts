// Plain paths are shown as chips, other expressions as marked code. A chip is one thing: the cursor steps over it,
// Backspace takes it away whole. F2 or a double click opens it as text, until the cursor leaves it.

import { type EditorState, Facet, type Range, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, hoverTooltip, showTooltip, WidgetType } from "@codemirror/view";
import { readPath, type Span } from "@/flow/template";
import { spansIn, type Written } from "./spans";

/** What is said of an expression. */
export interface Chip {
  /** On the chip, in place of the path. */
  label: string;
  /** Its value in the request that is looked at. */
  value?: string;
  /** Why it cannot be used here, in words. */
  broken?: string;
}

export interface Reading {
  as: Written;
  chip?: (source: string) => Chip;
}

/** How the field is read. */
export const reading = Facet.define<Reading, Reading>({ combine: ([first]) => first ?? { as: "text" } });

class ChipWidget extends WidgetType {
  readonly source: string;
  readonly chip: Chip;
  readonly selected: boolean;

  constructor(source: string, chip: Chip, selected: boolean) {
    super();
    this.source = source;
    this.chip = chip;
    this.selected = selected;
  }

  override eq(other: ChipWidget) {
    return (
      other.source === this.source &&
      other.chip.label === this.chip.label &&
      other.chip.broken === this.chip.broken &&
      other.selected === this.selected
    );
  }

  override toDOM() {
    const chip = document.createElement("span");
    chip.className = `cm-chip ${this.chip.broken ? "cm-chip-broken" : ""} ${this.selected ? "cm-chip-selected" : ""}`;
    chip.dataset.path = this.source;
    const text = document.createElement("span");
    text.className = "cm-chip-text";
    text.dir = "auto";
    text.textContent = this.chip.label;
    chip.append(text);
    if (this.chip.broken) chip.setAttribute("aria-description", this.chip.broken);
    return chip;
  }

  override ignoreEvent() {
    return false;
  }
}

interface Shown {
  spans: Span[];
  /** The chip that is shown as text. */
  open: { from: number; to: number } | null;
  marks: DecorationSet;
  /** Those that the cursor steps over. */
  chips: DecorationSet;
}

const openChip = StateEffect.define<{ from: number; to: number } | null>();

const shown = StateField.define<Shown>({
  create: (state) => draw(state, null),
  update: (before, transaction) => {
    let { open } = before;
    if (open) {
      open = { from: transaction.changes.mapPos(open.from, -1), to: transaction.changes.mapPos(open.to, 1) };
      const { from, to } = transaction.state.selection.main;
      if (from < open.from || to > open.to) open = null;
    }
    for (const effect of transaction.effects) if (effect.is(openChip)) open = effect.value;
    const same =
      !transaction.docChanged &&
      open === before.open &&
      !transaction.selection &&
      transaction.state.facet(reading) === transaction.startState.facet(reading);
    return same ? before : draw(transaction.state, open);
  },
  provide: (field) => [
    EditorView.decorations.from(field, ({ marks }) => marks),
    EditorView.decorations.from(field, ({ chips }) => chips),
    EditorView.atomicRanges.of((view) => view.state.field(field).chips),
  ],
});

function draw(state: EditorState, open: Shown["open"]): Shown {
  const { as, chip } = state.facet(reading);
  const spans = chip ? spansIn(state.doc.toString(), as) : [];
  const chips: Range<Decoration>[] = [];
  const marks: Range<Decoration>[] = [];
  const { main } = state.selection;
  for (const { from, to, source } of spans) {
    const said = chip?.(source) ?? { label: source };
    const isOpen = open !== null && open.from <= from && to <= open.to;
    if (readPath(source) && !isOpen) {
      const selected = !main.empty && main.from <= from && to <= main.to;
      chips.push(Decoration.replace({ widget: new ChipWidget(source, said, selected) }).range(from, to));
    } else {
      marks.push(
        Decoration.mark({ class: `cm-expression ${said.broken ? "cm-expression-broken" : ""}` }).range(from, to),
      );
    }
  }
  return { spans, open, marks: Decoration.set(marks), chips: Decoration.set(chips) };
}

function spanAt(state: EditorState, from: number, to = from): Span | undefined {
  return state.field(shown).spans.find((span) => span.from <= from && to <= span.to);
}

function tip(span: Span, chip: Chip) {
  const dom = document.createElement("div");
  dom.className = "cm-chip-tip";
  const line = (text: string, name: string) => {
    const made = document.createElement("div");
    made.className = name;
    made.dir = "auto";
    made.textContent = text;
    dom.append(made);
  };
  line(span.source, "cm-chip-tip-path");
  if (chip.broken) line(chip.broken, "cm-chip-tip-broken");
  else if (chip.value !== undefined) line(chip.value, "");
  return { dom };
}

const hover = hoverTooltip(
  (view, at) => {
    const span = spanAt(view.state, at);
    const chip = span && view.state.facet(reading).chip?.(span.source);
    if (!span || !chip) return null;
    return { pos: span.from, end: span.to, above: true, create: () => tip(span, chip) };
  },
  { hoverTime: 250 },
);

/** The chip that is selected says what a pointer would be told. */
const selectedTip = showTooltip.compute([shown, "selection", reading], (state) => {
  const { from, to, empty } = state.selection.main;
  const span = empty ? undefined : state.field(shown).spans.find((each) => each.from === from && each.to === to);
  const chip = span && state.facet(reading).chip?.(span.source);
  if (!span || !chip) return null;
  return { pos: span.from, end: span.to, above: true, create: () => tip(span, chip) };
});

/** Shows the chip beside the cursor as text. */
export function openBeside(view: EditorView): boolean {
  const { from, to } = view.state.selection.main;
  const span = view.state.field(shown).spans.find((each) => each.from <= to && from <= each.to);
  if (!span) return false;
  view.dispatch({ effects: openChip.of({ from: span.from, to: span.to }), selection: { anchor: span.to } });
  return true;
}

const pointer = EditorView.domEventHandlers({
  mousedown: (event, view) => {
    const chip = (event.target as HTMLElement).closest?.(".cm-chip");
    if (!chip) return false;
    const span = spanAt(view.state, view.posAtDOM(chip));
    if (!span) return false;
    event.preventDefault();
    view.focus();
    if (event.detail >= 2) openBeside(view);
    else view.dispatch({ selection: { anchor: span.from, head: span.to } });
    return true;
  },
});

export const chips = [shown, hover, selectedTip, pointer];
