import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { kindsQuery } from "@/api/queries";
import type { FlowNode } from "@/flow/document";
import { ErrorNote, Loading } from "@/ui/feedback";
import { useFollowLatest } from "../fields/subject";
import { ConditionForm } from "./condition/condition-form";
import { HttpRequestForm } from "./http-request-form";
import { KeptAsIs } from "./kept-as-is";
import { useNodeForm } from "./node-form";
import { ResponseForm } from "./response/response-form";
import type { JsonSchema } from "./schema";
import { SchemaForm } from "./schema-form";

/** What the drawer of a node holds below its header: the form of its kind. */
export function NodePanel({ node }: { node: FlowNode }) {
  const { data: kinds, error, isPending, refetch } = useQuery(kindsQuery);
  const form = useNodeForm(node);
  useFollowLatest();
  const kind = kinds?.items.find((each) => each.kind === node.kind);
  let content: ReactNode;
  if (error) content = <ErrorNote error={error} onRetry={() => refetch()} />;
  else if (isPending) content = <Loading lines={5} />;
  else if (!kind) content = <KeptAsIs node={node} />;
  else if (node.kind === "condition") content = <ConditionForm key={node.key} form={form} />;
  else if (node.kind === "response") content = <ResponseForm key={node.key} form={form} />;
  else if (node.kind === "http_request") {
    content = <HttpRequestForm key={node.key} form={form} schema={kind.schema as JsonSchema} />;
  } else content = <SchemaForm key={node.key} form={form} schema={kind.schema as JsonSchema} summary={kind.summary} />;
  return <div className="flex min-w-0 flex-col gap-4">{content}</div>;
}
