import { useMutation } from "@tanstack/react-query";
import { ApiError, api, got, type Schema } from "@/api/client";
import { useCountdown } from "./countdown";

/** Logs in; while the server wants to hear no more guesses, `wait` counts the seconds. */
export function useLogIn(onDone: (me: Schema["Me"]) => void) {
  const [wait, startWait] = useCountdown();
  const call = useMutation({
    mutationFn: (body: { email: string; password: string }) => got(api.POST("/api/v1/login", { body })),
    onSuccess: onDone,
    onError: (error) => {
      if (error instanceof ApiError && error.retryAfter !== null) startWait(error.retryAfter);
    },
  });
  const throttled = call.error instanceof ApiError && call.error.code === "login.throttled";
  return { ...call, wait, error: throttled ? null : call.error, isThrottled: throttled && wait > 0 };
}
