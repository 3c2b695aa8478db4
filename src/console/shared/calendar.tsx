// The calendar of the day input, loaded when it is first opened: weeks begin on Monday, texts in the page's language.
import '@mantine/dates/styles.css';
import 'dayjs/locale/vi';
import { DatePicker } from '@mantine/dates';
import { useLanguage } from './appearance.tsx';

interface CalendarProps {
  /** yyyy-MM-dd */
  readonly value: string | null;
  readonly min?: string | undefined;
  readonly max?: string | undefined;
  readonly onPick: (day: string) => void;
}

export default function Calendar({ value, min, max, onPick }: CalendarProps) {
  const language = useLanguage();
  return (
    <DatePicker
      locale={language}
      firstDayOfWeek={1}
      value={value}
      defaultDate={value ?? undefined}
      minDate={min}
      maxDate={max}
      onChange={(day) => {
        if (day !== null) onPick(day);
      }}
    />
  );
}
