// Mixed load for a long time: `npm run soak -- --minutes 60 [--per-second 80] [--store postgresql]`.
import { parseArgs } from 'node:util';
import { soak } from './scenarios/soak.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    'per-second': { type: 'string', default: '80' },
    store: { type: 'string', default: 'sqlite' },
  },
});
await soak({
  minutes: Number(values.minutes),
  perSecond: Number(values['per-second']),
  dialect: values.store === 'postgresql' ? 'postgresql' : 'sqlite',
  say: (line) => console.log(line),
});
