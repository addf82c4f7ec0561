import { Fragment, type ReactNode } from "react";

/** Words of a schema's description: what stands in backquotes is code. */
export function prose(text: string | undefined): ReactNode {
  if (!text?.includes("`")) return text;
  return text.split("`").map((part, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never change their places
    <Fragment key={index}>{index % 2 === 1 ? <code className="font-mono">{part}</code> : part}</Fragment>
  ));
}

/** The same where only text can stand. */
export function plain(text: string | undefined): string | undefined {
  return text?.replaceAll("`", "");
}
