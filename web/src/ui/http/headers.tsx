import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { useMay } from "@/api/may";
import { useTranslation } from "@/lib/i18n";
import { isSecret, linesOf, MASK } from "@/lib/mask";
import { Button } from "../button";

/** Header lines in the order they came. Those that prove who somebody is are dots until somebody who may asks. */
export function Headers({ headers, label }: { headers: readonly (readonly string[])[]; label: string }) {
  const { t } = useTranslation("inspect");
  const may = useMay("operate");
  const [shown, setShown] = useState(false);
  const lines = linesOf(headers);
  const secret = lines.some(([name]) => isSecret(name));
  if (lines.length === 0) return <p className="text-ink-3">{t("http.no_headers")}</p>;
  return (
    <div className="flex flex-col items-start gap-2">
      <table className="w-full table-fixed text-left">
        <caption className="sr-only">{label}</caption>
        <colgroup>
          <col className="w-2/5 narrow:w-60" />
          <col />
        </colgroup>
        <thead className="sr-only">
          <tr>
            <th scope="col">{t("http.name")}</th>
            <th scope="col">{t("http.value")}</th>
          </tr>
        </thead>
        <tbody>
          {lines.map(([name, value], index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines may be alike and never move
            <tr key={index} className="border-b border-line align-top last:border-b-0">
              <th scope="row" className="code py-1 pr-3 font-normal break-words text-ink-2">
                {name}
              </th>
              <td className="code py-1 break-words" dir="auto">
                {isSecret(name) && !(may && shown) ? <span title={t("http.masked")}>{MASK}</span> : value}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {secret && may && (
        <Button
          look="quiet"
          className="-ml-3"
          aria-pressed={shown}
          icon={shown ? <EyeOff size={14} aria-hidden /> : <Eye size={14} aria-hidden />}
          onPress={() => setShown(!shown)}
        >
          {shown ? t("http.hide") : t("http.reveal")}
        </Button>
      )}
    </div>
  );
}
