// Files that are to be imported: what stands in them, before the server looks at it.

/** A workflow document as it came; the server says what is wrong with it. */
export type WorkflowDocument = { title?: unknown; key?: unknown } & Record<string, unknown>;

export type Read =
  | { documents: WorkflowDocument[] }
  /** `yaml`: it may be a good file, but only the command line reads it. */
  | { mistake: "empty" | "yaml" | "not_json" | "no_documents" };

/** One document, or a list of documents, as they are exported. */
export function readDocuments(text: string): Read {
  if (text.trim() === "") return { mistake: "empty" };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { mistake: /^\s*(#|---|hookflow:|[a-z_]+:)/m.test(text) ? "yaml" : "not_json" };
  }
  const documents = Array.isArray(value) ? value : [value];
  const all = documents.every((each) => typeof each === "object" && each !== null && !Array.isArray(each));
  return all && documents.length > 0 ? { documents: documents as WorkflowDocument[] } : { mistake: "no_documents" };
}
