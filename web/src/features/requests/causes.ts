// Why a request was refused, in words: what happened, and what to do. The codes are those of docs/reference/errors.md.

import { useTranslation } from "@/lib/i18n";

export const CODES = [
  "hook.gone",
  "hook.off",
  "hook.method",
  "hook.loop",
  "hook.busy",
  "hook.credentials",
  "hook.too_large",
  "hook.media_type",
  "hook.encoding",
  "hook.not_json",
  "hook.too_deep",
  "hook.unknown",
  "hook.not_durable",
] as const;
type Code = (typeof CODES)[number];

const isKnown = (code: string | null): code is Code => CODES.some((each) => each === code);

/** Of a code that this page does not know, the server's own sentence. */
export function useCause(): (code: string | null, detail: string | null) => { what: string; remedy: string | null } {
  const { t } = useTranslation("requests");
  return (code, detail) => {
    if (!isKnown(code)) return { what: detail ?? code ?? "", remedy: null };
    const name = code.replace("hook.", "") as "gone";
    return { what: t(`cause.${name}.what`), remedy: t(`cause.${name}.do`) };
  };
}
