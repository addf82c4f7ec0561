import { clockTime, dayAndTime } from "@/lib/format";

/** When it was: the time of day, with the day if that was another. Its title is the exact time in UTC. */
export function Moment({ at }: { at: string }) {
  const today = new Date(at).toDateString() === new Date().toDateString();
  return (
    <time dateTime={at} title={at} className="whitespace-nowrap text-ink-2">
      {today ? clockTime(at) : dayAndTime(at)}
    </time>
  );
}
