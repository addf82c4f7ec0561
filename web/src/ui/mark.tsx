/** The mark of Hookflow: a line with stops that forks. */
export function Mark({ size = 22 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden>
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path
        d="M10 6v20M10 16h6a6 6 0 0 0 6-6"
        fill="none"
        stroke="var(--accent-ink)"
        strokeWidth="2.5"
        strokeLinecap="round"
      />
      <circle cx="10" cy="9" r="3.2" fill="var(--accent-ink)" />
      <circle cx="10" cy="23" r="3.2" fill="var(--accent-ink)" />
      <circle cx="22" cy="9" r="3.2" fill="var(--accent-ink)" />
    </svg>
  );
}
