import { lazy, Suspense, useMemo } from "react";
import { withoutSecrets } from "@/lib/mask";
import { Loading } from "../feedback";
import { Text } from "./body";

const JsonTree = lazy(() => import("../json/json-tree").then(({ JsonTree }) => ({ default: JsonTree })));

/** A JSON value: lists and objects as a tree, anything else as its text. Headers inside that prove who somebody is are dots. */
export function Value({ value, label, root }: { value: unknown; label: string; root?: string }) {
  const shown = useMemo(() => withoutSecrets(value), [value]);
  if (typeof shown !== "object" || shown === null) return <Text text={JSON.stringify(shown)} label={label} />;
  return (
    <Suspense fallback={<Loading lines={4} />}>
      <JsonTree value={shown} label={label} root={root} height={360} />
    </Suspense>
  );
}
