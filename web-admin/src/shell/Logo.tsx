/** The mark: a P that is a pin. */
export function Logo() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#0d6b50" />
      <path
        d="M10 25V9h7.2a5.3 5.3 0 0 1 0 10.6H10"
        fill="none"
        stroke="#fff"
        strokeWidth="3"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <circle cx="17" cy="14.3" r="1.9" fill="#fff" />
    </svg>
  );
}
