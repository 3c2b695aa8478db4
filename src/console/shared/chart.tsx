// A plot of a few series over time. Loaded when first shown; the figures stand beside it as text for those who cannot see it.
import '@mantine/charts/styles.css';
import { AreaChart, BarChart } from '@mantine/charts';

interface Series {
  readonly name: string;
  readonly label: string;
  readonly color: string;
}

interface ChartProps {
  readonly kind: 'area' | 'bar';
  readonly data: readonly Readonly<Record<string, string | number>>[];
  readonly series: readonly Series[];
  readonly height?: number;
  readonly onPick?: (key: string) => void;
}

/** Not a stop for the keyboard: the figures stand beside it as text. */
const plain = { accessibilityLayer: false };

/** What is counted has no halves. */
const whole = { allowDecimals: false };

export default function Chart({ kind, data, series, height = 220, onPick }: ChartProps) {
  const common = {
    h: height,
    data: data.map((row) => ({ ...row })),
    dataKey: 'key',
    series: series.map((one) => ({ ...one })),
    tickLine: 'y' as const,
    withLegend: series.length > 1,
  };
  if (kind === 'area')
    return (
      <AreaChart
        {...common}
        areaChartProps={plain}
        curveType="monotone"
        withDots={false}
        yAxisProps={whole}
      />
    );
  return (
    <BarChart
      {...common}
      barChartProps={plain}
      orientation="vertical"
      xAxisProps={whole}
      yAxisProps={{ width: 180 }}
      barProps={{
        onClick: (bar: { payload?: { code?: string } }) => {
          if (bar.payload?.code !== undefined) onPick?.(bar.payload.code);
        },
      }}
    />
  );
}
