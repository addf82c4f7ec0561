import { expect, test } from "vitest";
import { readDocuments } from "./documents";

test("one document and a list of documents are read", () => {
  expect(readDocuments('{"hookflow":1,"title":"A"}')).toEqual({ documents: [{ hookflow: 1, title: "A" }] });
  expect(readDocuments('[{"title":"A"},{"title":"B"}]')).toEqual({ documents: [{ title: "A" }, { title: "B" }] });
});

test("what is no document is said, and why", () => {
  expect(readDocuments("  ")).toEqual({ mistake: "empty" });
  expect(readDocuments("# A comment\nhookflow: 1\ntitle: A\n")).toEqual({ mistake: "yaml" });
  expect(readDocuments('{"title":')).toEqual({ mistake: "not_json" });
  expect(readDocuments('["a"]')).toEqual({ mistake: "no_documents" });
  expect(readDocuments("[]")).toEqual({ mistake: "no_documents" });
});
