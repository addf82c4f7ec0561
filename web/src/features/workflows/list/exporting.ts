import { api, got } from "@/api/client";
import { download, fileName } from "@/lib/download";

interface Exported {
  key: string;
  title: string;
}

/** Gives the workflows as a file: one as a document, more as a list of documents. Import takes both. */
export async function exportAsFile(items: readonly Exported[]): Promise<void> {
  const documents = await Promise.all(
    items.map(({ key }) => got(api.GET("/api/v1/workflows/{key}/export", { params: { path: { key } } }))),
  );
  const [only] = items;
  const name = items.length === 1 && only ? only.title : "workflows";
  download(fileName(name, "json"), `${JSON.stringify(items.length === 1 ? documents[0] : documents, null, 2)}\n`);
}
