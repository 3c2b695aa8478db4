// Hostile packets on the live socket: `npm run fuzz -- --packets 1000000 [--seed N] [--store postgresql]`.
import { parseArgs } from 'node:util';
import { sendHostilePackets } from './scenarios/hostile.ts';

const { values } = parseArgs({
  options: {
    packets: { type: 'string', default: '1000000' },
    seed: { type: 'string' },
    store: { type: 'string', default: 'sqlite' },
  },
});
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
console.log(`seed ${seed}`);
await sendHostilePackets({
  packets: Number(values.packets),
  seed,
  dialect: values.store === 'postgresql' ? 'postgresql' : 'sqlite',
  say: (line) => console.log(line),
});
