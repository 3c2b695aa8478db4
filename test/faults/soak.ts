// Mixed load for a long time: `npm run soak -- --minutes 60 [--store postgresql]`.
import { parseArgs } from 'node:util';
import { soak } from './scenarios/soak.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '60' }, store: { type: 'string', default: 'sqlite' } },
});
await soak({
  minutes: Number(values.minutes),
  dialect: values.store === 'postgresql' ? 'postgresql' : 'sqlite',
  say: (line) => console.log(line),
});
