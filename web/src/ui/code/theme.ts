// How code looks: by the page's tokens, so that night comes by itself.

import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const look = EditorView.theme({
  "&": { backgroundColor: "transparent", color: "var(--ink)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", fontSize: "12.5px", lineHeight: "18px", overflow: "auto" },
  ".cm-content": { padding: "6px 24px 6px 0", caretColor: "var(--ink)", minWidth: "0" },
  ".cm-line": { padding: "0 10px" },
  ".cm-placeholder": {
    color: "var(--ink-3)",
    maxWidth: "100%",
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
    verticalAlign: "bottom",
  },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground, ::selection": {
    backgroundColor: "var(--accent-soft) !important",
  },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--ink-3)", border: "none" },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "transparent" },
  ".cm-matchingBracket": { backgroundColor: "transparent" },
  "&.cm-focused .cm-matchingBracket": {
    backgroundColor: "transparent",
    outline: "1px solid var(--line-strong)",
  },
  ".cm-tooltip": {
    backgroundColor: "var(--surface)",
    color: "var(--ink)",
    border: "1px solid var(--line)",
    borderRadius: "6px",
    boxShadow: "var(--shadow)",
    fontSize: "13px",
    lineHeight: "20px",
    overflow: "hidden",
    maxWidth: "min(420px, 92vw)",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": {
    fontFamily: "inherit",
    maxHeight: "260px",
    minWidth: "280px",
    padding: "4px",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": {
    display: "flex",
    alignItems: "baseline",
    gap: "12px",
    padding: "4px 8px",
    borderRadius: "6px",
    lineHeight: "20px",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--accent-soft)",
    color: "var(--ink)",
  },
  ".cm-completionLabel": { flex: "none", maxWidth: "60%", overflow: "hidden", textOverflow: "ellipsis" },
  ".cm-completionPath": {
    fontFamily: "var(--font-mono)",
    fontSize: "12px",
    color: "var(--ink-3)",
    overflow: "hidden",
    textOverflow: "ellipsis",
  },
  ".cm-completionDetail": {
    marginLeft: "auto",
    maxWidth: "40%",
    overflow: "hidden",
    textOverflow: "ellipsis",
    fontStyle: "normal",
    fontSize: "12px",
    color: "var(--ink-2)",
  },
  ".cm-chip": {
    display: "inline-flex",
    alignItems: "center",
    maxWidth: "100%",
    padding: "0 5px",
    borderRadius: "4px",
    border: "1px solid transparent",
    backgroundColor: "var(--accent-soft)",
    color: "var(--accent)",
    fontFamily: "var(--font-sans)",
    lineHeight: "16px",
    verticalAlign: "baseline",
    cursor: "default",
  },
  ".cm-chip-text": { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  ".cm-chip-broken": { backgroundColor: "transparent", border: "1px dashed var(--failed)", color: "var(--failed)" },
  ".cm-chip-selected": { outline: "2px solid var(--accent)", outlineOffset: "0" },
  ".cm-expression": { backgroundColor: "var(--sunken)", borderRadius: "3px", boxShadow: "0 0 0 1px var(--line)" },
  ".cm-expression-broken": { boxShadow: "none", border: "1px dashed var(--failed)", color: "var(--failed)" },
  ".cm-chip-tip": { padding: "4px 8px", overflowWrap: "anywhere" },
  ".cm-chip-tip-path": { fontFamily: "var(--font-mono)", fontSize: "12px", color: "var(--ink-3)" },
  ".cm-chip-tip-broken": { color: "var(--failed)" },
  ".cm-diagnostic": { padding: "4px 8px", borderLeft: "none", fontSize: "13px" },
  ".cm-diagnosticAction": {
    backgroundColor: "var(--accent)",
    color: "var(--accent-ink)",
    borderRadius: "4px",
    padding: "1px 6px",
  },
  ".cm-lintRange-error": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--failed)",
    textUnderlineOffset: "3px",
  },
  ".cm-lintRange-warning": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--timed-out)",
    textUnderlineOffset: "3px",
  },
});

const colors = syntaxHighlighting(
  HighlightStyle.define([
    { tag: tags.propertyName, color: "var(--ink)" },
    { tag: tags.string, color: "var(--succeeded)" },
    { tag: [tags.number, tags.bool, tags.null], color: "var(--waiting)" },
    { tag: [tags.punctuation, tags.separator, tags.bracket], color: "var(--ink-3)" },
  ]),
);

export const theme = [look, colors];
