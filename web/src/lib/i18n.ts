// Words by key. A language is one chunk that is loaded when it is chosen; plural forms are those of Intl.PluralRules.

import i18next, { type i18n } from "i18next";
import { initReactI18next } from "react-i18next";
import type en from "@/locales/en";

export const LANGUAGES = { en: "English", uk: "Українська" } as const;
export type Language = keyof typeof LANGUAGES;

const loaders: Record<Language, () => Promise<{ default: Record<string, object> }>> = {
  en: () => import("@/locales/en"),
  uk: () => import("@/locales/uk"),
};

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "common";
    resources: typeof en;
  }
}

const KEPT = "hookflow.language";

function preferred(): Language {
  const kept = localStorage.getItem(KEPT);
  const wanted = [kept, ...navigator.languages].map((tag) => tag?.slice(0, 2));
  return (wanted.find((tag) => tag !== undefined && tag in LANGUAGES) as Language | undefined) ?? "en";
}

async function load(language: Language) {
  const { default: words } = await loaders[language]();
  for (const [namespace, keys] of Object.entries(words)) i18next.addResourceBundle(language, namespace, keys);
}

/** Resolves once the words of the preferred language are there. */
export async function startI18n(language: Language = preferred()): Promise<i18n> {
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    defaultNS: "common",
    resources: {},
    interpolation: { escapeValue: false },
    react: { useSuspense: false },
  });
  await load(language);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  return i18next;
}

export async function chooseLanguage(language: Language): Promise<void> {
  await load(language);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  localStorage.setItem(KEPT, language);
}
