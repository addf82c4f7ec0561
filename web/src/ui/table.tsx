import type { ReactNode } from "react";

export interface Column {
  label: string;
  /** The heading is for screen readers alone. */
  hideLabel?: boolean;
  /** Not on phones; say it elsewhere in the row. */
  wideOnly?: boolean;
  className?: string;
}

/** Rows of facts. What is too wide on a phone is left out there by its column. */
export function Table({ label, columns, children }: { label: string; columns: Column[]; children: ReactNode }) {
  return (
    <table aria-label={label} className="w-full border-collapse text-left text-body">
      <thead>
        <tr className="border-b border-line text-meta text-ink-3">
          {columns.map((column) => (
            <th
              key={column.label}
              scope="col"
              className={`py-1.5 pr-3 font-normal last:pr-0 ${column.wideOnly ? "max-narrow:hidden" : ""} ${column.className ?? ""}`}
            >
              <span className={column.hideLabel ? "sr-only" : ""}>{column.label}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}

export function Row({ children }: { children: ReactNode }) {
  return <tr className="border-b border-line align-top last:border-b-0">{children}</tr>;
}

export function Cell({
  children,
  wideOnly,
  className = "",
}: {
  children?: ReactNode;
  wideOnly?: boolean;
  className?: string;
}) {
  return (
    <td className={`py-2 pr-3 break-words last:pr-0 ${wideOnly ? "max-narrow:hidden" : ""} ${className}`}>
      {children}
    </td>
  );
}
