// Requests that were saved by name, to try the workflow with.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, got, type Schema } from "@/api/client";
import { useEditor } from "../store";

export function useSamples() {
  const key = useEditor((editor) => editor.key);
  const queries = useQueryClient();
  const queryKey = ["workflow", key, "samples"];
  const params = { path: { key } };
  const again = () => queries.invalidateQueries({ queryKey });
  const list = useQuery({
    queryKey,
    queryFn: async () => (await got(api.GET("/api/v1/workflows/{key}/samples", { params }))).items,
  });
  const save = useMutation({
    mutationFn: (body: Schema["NewSample"]) => got(api.POST("/api/v1/workflows/{key}/samples", { params, body })),
    onSuccess: again,
  });
  const remove = useMutation({
    mutationFn: (id: string) =>
      got(api.DELETE("/api/v1/workflows/{key}/samples/{id}", { params: { path: { key, id } } })),
    onSuccess: again,
  });
  return { items: list.data ?? [], save, remove };
}
