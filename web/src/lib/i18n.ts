// Words by key. A language is loaded when it is chosen, in two parts: what the first pages say, and the rest. Plural
// forms are those of Intl.PluralRules.
//
// A key is a path in a namespace (`status.queued`), one of another namespace is `common:close`. `{{name}}` in the
// words is filled in; with `count`, the form of that number is taken: `new_one`, `new_few`, … for the key `new`.

import { useSyncExternalStore } from "react";
import type en from "@/locales/en";

export const LANGUAGES = { en: "English", uk: "Українська" } as const;
export type Language = keyof typeof LANGUAGES;

type Words = typeof en;
type Namespace = keyof Words;
type Stem<Key extends string> = Key extends `${infer Stem}_${Intl.LDMLPluralRule}` ? Stem : Key;
type KeyOf<Tree> = {
  [Name in keyof Tree & string]: Tree[Name] extends string ? Stem<Name> : `${Name}.${KeyOf<Tree[Name]>}`;
}[keyof Tree & string];
type Foreign = { [Name in Namespace]: `${Name}:${KeyOf<Words[Name]>}` }[Namespace];

/** What is filled in. `defaultValue`: what to say when there are no words for the key. */
type Values = Record<string, unknown> & { count?: number; defaultValue?: string };
export interface Translate<In extends Namespace> {
  (key: KeyOf<Words[In]> | Foreign, values?: Values): string;
  /** For keys that are made of data. */
  (key: string, values: Values & { defaultValue: string }): string;
}

type Part = () => Promise<{ default: object }>;
const loaders: Record<Language, { first: Part; rest: Part }> = {
  en: { first: () => import("@/locales/en/first"), rest: () => import("@/locales/en/rest") },
  uk: { first: () => import("@/locales/uk/first"), rest: () => import("@/locales/uk/rest") },
};

const KEPT = "hookflow.language";
let spoken: { language: Language; words: object; plural: Intl.PluralRules } | undefined;
/** Whether a page is or was open that needs more than the first words. */
let restIsWanted = false;
const watching = new Set<() => void>();

/** The language of the page. */
export function language(): Language {
  return spoken?.language ?? "en";
}

function preferred(): Language {
  const kept = localStorage.getItem(KEPT);
  const wanted = [kept, ...navigator.languages].map((tag) => tag?.slice(0, 2));
  return (wanted.find((tag) => tag !== undefined && tag in LANGUAGES) as Language | undefined) ?? "en";
}

async function speak(to: Language): Promise<void> {
  const { first, rest } = loaders[to];
  const parts = await Promise.all([first(), ...(restIsWanted ? [rest()] : [])]);
  const words = Object.assign({}, ...parts.map((part) => part.default));
  spoken = { language: to, words, plural: new Intl.PluralRules(to) };
  document.documentElement.lang = to;
  for (const changed of watching) changed();
}

/** Loads a page together with the words that the first ones do without. */
export async function withAllWords<Page>(page: Promise<Page>): Promise<Page> {
  const isNews = !restIsWanted;
  restIsWanted = true;
  const [loaded] = await Promise.all([page, isNews ? speak(language()) : undefined]);
  return loaded;
}

/** Resolves once the words of the preferred language are there. */
export function startI18n(to: Language = preferred()): Promise<void> {
  return speak(to);
}

export async function chooseLanguage(to: Language): Promise<void> {
  await speak(to);
  localStorage.setItem(KEPT, to);
}

function look(words: unknown, path: string[]): string | undefined {
  let at = words;
  for (const name of path)
    at = typeof at === "object" && at !== null ? (at as Record<string, unknown>)[name] : undefined;
  return typeof at === "string" ? at : undefined;
}

function say(namespace: string, key: string, values: Values = {}): string {
  const [foreign, own] = key.includes(":") ? (key.split(":", 2) as [string, string]) : [namespace, key];
  const path = [foreign, ...own.split(".")];
  const form = values.count === undefined ? undefined : spoken?.plural.select(values.count);
  const counted = form && [...path.slice(0, -1), `${path.at(-1)}_${form}`];
  const words = (counted && look(spoken?.words, counted)) ?? look(spoken?.words, path) ?? values.defaultValue ?? key;
  return words.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => String(values[name] ?? ""));
}

const made = new Map<string, { of: typeof spoken; t: Translate<Namespace> }>();

/** The same function for as long as the language stays. */
function translator(namespace: Namespace): Translate<Namespace> {
  const known = made.get(namespace);
  if (known && known.of === spoken) return known.t;
  const t = (key: string, values?: Values) => say(namespace, key, values);
  made.set(namespace, { of: spoken, t });
  return t;
}

/** The words of a namespace, or of several of which the first needs no prefix. Renders anew with another language. */
export function useTranslation<In extends Namespace = "common">(
  namespaces?: In | readonly [In, ...Namespace[]],
): { t: Translate<In>; i18n: { language: Language } } {
  useSyncExternalStore(
    (changed) => {
      watching.add(changed);
      return () => watching.delete(changed);
    },
    () => spoken,
  );
  const first = (Array.isArray(namespaces) ? namespaces[0] : namespaces) ?? "common";
  return { t: translator(first) as unknown as Translate<In>, i18n: { language: language() } };
}
