import { useTranslation } from "@/lib/i18n";
import { lengthOf, PASSWORD_CHARS_MIN, type Strength, strength } from "@/lib/password";
import type { TextFieldProps } from "./field";
import { PasswordField } from "./password-field";

const FILLED: Record<Strength, number> = { empty: 0, short: 1, repeats: 1, fair: 2, good: 3, strong: 4 };

const COLORS: Record<Strength, string> = {
  empty: "bg-line",
  short: "bg-failed",
  repeats: "bg-failed",
  fair: "bg-timed-out",
  good: "bg-succeeded",
  strong: "bg-succeeded",
};

/** A password that is being chosen, with how hard it is to guess in words. */
export function NewPasswordField(props: Omit<TextFieldProps, "value"> & { value: string }) {
  const { t } = useTranslation("account");
  const how = strength(props.value);
  const word =
    how === "short"
      ? t("strength.short", { count: PASSWORD_CHARS_MIN - lengthOf(props.value) })
      : t(`strength.${how}`, { min: PASSWORD_CHARS_MIN });
  return (
    <div className="flex flex-col gap-1.5">
      <PasswordField autoComplete="new-password" {...props} />
      <div className="flex items-center gap-2">
        <span className="flex w-16 shrink-0 gap-1" aria-hidden>
          {[1, 2, 3, 4].map((step) => (
            <span key={step} className={`h-1 flex-1 rounded-full ${step <= FILLED[how] ? COLORS[how] : "bg-line"}`} />
          ))}
        </span>
        <span role="status" className="text-meta text-ink-3">
          {word}
        </span>
      </div>
    </div>
  );
}
