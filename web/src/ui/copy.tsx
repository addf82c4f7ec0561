import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { copy } from "@/lib/clipboard";
import { useTranslation } from "@/lib/i18n";
import { Button, IconButton } from "./button";
import { say } from "./toast";

/** Puts the text on the clipboard and says so; where that fails, shows it to be selected. */
export function CopyButton({ text, label, words }: { text: string; label: string; words?: boolean }) {
  const { t } = useTranslation();
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 2_000);
    return () => clearTimeout(timer);
  }, [done]);
  const press = async () => {
    if (await copy(text)) {
      setDone(true);
    } else {
      say(t("copy_failed", { text }), { tone: "error" });
    }
  };
  const icon = done ? <Check size={16} className="text-succeeded" /> : <Copy size={16} />;
  return (
    <>
      {words ? (
        <Button onPress={press} icon={icon}>
          {label}
        </Button>
      ) : (
        <IconButton label={label} onPress={press}>
          {icon}
        </IconButton>
      )}
      <span role="status" className="sr-only">
        {done ? t("copied") : ""}
      </span>
    </>
  );
}
