// Writes the databases of the present version, as test/store/releases.test.ts keeps them for all later ones:
// `node test/faults/release-fixture.ts`, once, when a version is released.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { programVersion } from '../../src/base/program.ts';
import { command } from './harness/broker.ts';
import { dumpStatements } from './harness/postgresql.ts';
import { dialects, inWorld } from './scenarios/world.ts';

const accounts = 12;
const folder = join(import.meta.dirname, '../store/fixtures-of-releases', programVersion);
mkdirSync(folder, { recursive: true });

for (const dialect of dialects) {
  await inWorld({ dialect, accounts, style: 'appended', say: (line) => console.log(line) }, async (world) => {
    const { gateway, people, ledger, site, database } = world;
    const node = await world.node();
    const broker = await world.start();
    for (let account = 0; account < accounts; account += 1) {
      const step = people.nextStep(account, 0) ?? 0;
      const code = account % 3 === 2 ? people.wrongCode(account) : people.code(account, step);
      const password = account % 4 === 3 ? 'not the password' : people.password(account);
      ledger.attempt(account, step);
      const reply = await gateway.login(broker.port, people.login(account, password + code));
      if (reply.kind === 'accept') ledger.accepted(account, step, reply.reference);
      if (reply.kind === 'reject') ledger.rejected(reply.lookupCode);
    }
    const { userName } = people.login(0, '');
    await command(node, 'account', 'suspend', userName, '--detail', 'by-unit', '--reason', 'fixture');
    const { jws } = (await command(node, 'audit', 'checkpoint')) as { jws: string };
    const publicKey = await command(node, 'audit', 'public-key');
    await broker.stop();
    const { length: decisions } = await world.settle();

    const about = { accounts, decisions, jws, publicKey, suspended: userName };
    const { store } = site.configOf(node);
    writeFileSync(join(folder, `${dialect}.json`), `${JSON.stringify(about, null, 2)}\n`);
    writeFileSync(join(folder, `${dialect}.key`), readFileSync(join(site.directory, 'key')));
    if (database === null && store.dialect === 'sqlite') {
      const backup = join(site.directory, 'backup');
      await command(node, 'backup', backup);
      writeFileSync(join(folder, 'sqlite.db.gz'), gzipSync(readFileSync(backup), { level: 9 }));
      rmSync(backup);
    } else if (database !== null) {
      const statements = await dumpStatements(database, 'gatewarden');
      writeFileSync(join(folder, 'postgresql.sql.gz'), gzipSync(statements, { level: 9 }));
    }
  });
}
