// The few icons that the pages use, drawn here: 24 × 24, current colour, hidden from screen readers.

const shapes = {
  sun: 'M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0zM12 2v2M12 20v2M2 12h2M20 12h2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4',
  moon: 'M20 14A8 8 0 0 1 10 4a8 8 0 1 0 10 10z',
  search: 'M18 11a7 7 0 1 1-14 0 7 7 0 0 1 14 0zM20 20l-4-4',
  calendar: 'M4 6h16v14H4zM4 10h16M8 3v4M16 3v4',
  check: 'm5 12 5 5 9-11',
  alert: 'M12 3 2 20h20zM12 10v4M12 17v.1',
  home: 'm3 11 9-8 9 8M5 9v11h14V9M10 20v-6h4v6',
  inbox: 'M4 5h16v14H4zM4 14h5l1 2h4l1-2h5',
  person: 'M16 8a4 4 0 1 1-8 0 4 4 0 0 1 8 0zM4 21c0-5 4-7 8-7s8 2 8 7',
  people:
    'M12.5 8a3.5 3.5 0 1 1-7 0 3.5 3.5 0 0 1 7 0zM2.5 20c0-4 3-6 6.5-6s6.5 2 6.5 6M16 5a3.5 3.5 0 0 1 0 6.5M18 14c2.5 1 3.5 3 3.5 6',
  plug: 'M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4',
  flow: 'M4 8h13l-4-4M20 16H7l4 4',
  bell: 'M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4',
  gear: 'M15 12a3 3 0 1 1-6 0 3 3 0 0 1 6 0zM12 2v4M12 18v4M2 12h4M18 12h4M5 5l2.8 2.8M16.2 16.2 19 19M5 19l2.8-2.8M16.2 7.8 19 5',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  out: 'M10 4H4v16h6M14 8l4 4-4 4M18 12H9',
  computer: 'M3 5h18v11H3zM9 20h6M12 16v4',
  key: 'M12 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0zM12 12h9v4M17 12v3',
  form: 'M6 3h9l4 4v14H6zM9 12h7M9 16h7M9 8h3',
  help: 'M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0zM9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.5M12 16.5v.1',
} as const;

export type IconName = keyof typeof shapes;

export function Icon({ name, size = 18 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={shapes[name]} />
    </svg>
  );
}
