import { Page } from "@/ui/page";

export function ExecutionPage() {
  return <Page title="ExecutionPage">…</Page>;
}
