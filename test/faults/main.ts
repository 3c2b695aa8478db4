// The long forms of the fault scenarios, by name: `npm run faults -- kill --store sqlite --times 100`; without a name, all.
import { parseArgs } from 'node:util';
import { killInBatches } from './scenarios/batch.ts';
import { stepClock } from './scenarios/clock.ts';
import { abandonEap, killMidHandshake } from './scenarios/eap.ts';
import { promoteStandby } from './scenarios/failover.ts';
import { guessInParallel } from './scenarios/guesses.ts';
import { killInImport } from './scenarios/import.ts';
import { killUnderLoad } from './scenarios/kill.ts';
import { leaveTogether } from './scenarios/leavers.ts';
import { overloadPasswords } from './scenarios/overload.ts';
import { synchronisePeople, ways } from './scenarios/people.ts';
import { raceManySockets, raceTwoBrokers } from './scenarios/races.ts';
import { restoreYesterday } from './scenarios/restore.ts';
import { loseSources } from './scenarios/sources.ts';
import { withFullDisk, withLockedFile, withoutPostgresql } from './scenarios/store-gone.ts';
import { dialects } from './scenarios/world.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** One database only. */
    store: { type: 'string' },
    /** How often: kills, races, guesses; conversations of EAP. */
    times: { type: 'string' },
    /** One of the ways only in which people come: file, bulk, single, directory. */
    by: { type: 'string' },
  },
});
const startedAt = performance.now();
const say = (line: string) => {
  console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(7)} s  ${line}`);
};
const times = (otherwise: number) => Number(values.times ?? otherwise);
const chosen = dialects.filter((dialect) => values.store === undefined || values.store === dialect);
const isChosen = (dialect: string) => chosen.some((one) => one === dialect);

const scenarios: Readonly<Record<string, () => Promise<void>>> = {
  async kill() {
    for (const dialect of chosen) {
      const { accepts, silences } = await killUnderLoad({ dialect, times: times(100), say });
      say(`${dialect}: killed ${times(100)} times; ${accepts} Accepts, ${silences} requests unanswered`);
    }
  },
  async batch() {
    for (const dialect of chosen) await killInBatches({ dialect, times: times(10), size: 1_000, say });
  },
  async import() {
    for (const dialect of chosen)
      await killInImport({ dialect, size: 25_000, times: times(10), mostMs: 60_000, say });
  },
  async sources() {
    for (const dialect of chosen) await loseSources({ dialect, say });
  },
  async leavers() {
    for (const dialect of chosen)
      await leaveTogether({ dialect, leavers: times(1_000), others: 3_000, perSecond: 60, say });
  },
  async people() {
    for (const dialect of chosen)
      await synchronisePeople({
        dialect,
        size: times(25_000),
        by: ways.filter((way) => values.by === undefined || values.by === way),
        mostSeconds: 60,
        say,
      });
  },
  async races() {
    if (isChosen('postgresql')) await raceTwoBrokers({ races: times(10_000), say });
    for (const dialect of chosen)
      await raceManySockets({ dialect, races: Math.ceil(times(10_000) / 5), say });
  },
  async guesses() {
    for (const dialect of chosen) await guessInParallel({ dialect, accounts: times(60), guesses: 80, say });
  },
  async store() {
    if (isChosen('postgresql')) await withoutPostgresql({ pauseMs: 40_000, say });
    if (isChosen('sqlite')) {
      await withLockedFile({ say });
      await withFullDisk({ say });
    }
  },
  async clock() {
    for (const dialect of chosen) await stepClock({ dialect, untilStable: true, say });
  },
  async restore() {
    for (const dialect of chosen) await restoreYesterday({ dialect, untilBack: true, say });
  },
  async overload() {
    if (isChosen('postgresql')) await overloadPasswords({ seconds: times(20), say });
  },
  async eap() {
    // 10,000 at once, where the program's own limits let a gateway have 2,048.
    if (isChosen('sqlite')) await abandonEap({ conversations: times(100_000), most: 2_048, say });
    if (isChosen('postgresql')) await killMidHandshake({ say });
  },
  async failover() {
    if (isChosen('postgresql')) await promoteStandby({ say });
  },
};

const names = positionals.length > 0 ? positionals : Object.keys(scenarios);
for (const name of names) {
  const scenario = scenarios[name];
  if (scenario === undefined) {
    console.error(`There is no "${name}". There are: ${Object.keys(scenarios).join(', ')}.`);
    process.exit(2);
  }
  say(`— ${name}`);
  await scenario();
}
say('all of it held');
