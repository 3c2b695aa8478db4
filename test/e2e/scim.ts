// A personnel system that tells the broker over SCIM, from the broker's machine, where the console listens.
import type { Broker } from './broker.ts';
import type { Machine } from './namespace.ts';
import { type Account, holderName } from './organisation.ts';

const urn = 'urn:ietf:params:scim';
const userSchema = `${urn}:schemas:core:2.0:User`;
const enterprise = `${urn}:schemas:extension:enterprise:2.0:User`;
const employment = `${urn}:schemas:extension:gatewarden:2.0:User`;
const source = 'idp';

type Holder = Pick<Account, 'staffCode' | 'userName'>;

export interface PersonnelSystem {
  /** Makes the holder of an account its User. */
  enroll(holder: Holder): Promise<void>;
  /** Has an enrolled holder retire; the answer is when that was answered (epoch milliseconds). */
  retire(holder: Holder): Promise<number>;
}

/** One request from standard input; prints the answer, with the instant at which its head was there. */
const askOnce = `
  let text = '';
  for await (const chunk of process.stdin) text += chunk;
  const { url, method, headers, body } = JSON.parse(text);
  const answer = await fetch(url, { method, headers, body: JSON.stringify(body) });
  const at = performance.timeOrigin + performance.now();
  console.log(JSON.stringify({ at, status: answer.status, body: await answer.json() }));
`;

/** Adds the source, whose brake holds nothing, and its token. */
export async function connectPersonnelSystem(
  { gatewarden, consolePort }: Broker,
  machine: Machine,
): Promise<PersonnelSystem> {
  await gatewarden('source', 'add', source, '--kind', 'scim', '--brake-count', '1000000');
  const { token } = (await gatewarden('token', 'create', 'HR', '--source', source)) as { token: string };
  const ids = new Map<string, string>();

  async function ask(method: string, path: string, status: number, body: object) {
    const stdout = await machine.must(process.execPath, ['--input-type=module', '--eval', askOnce], {
      input: JSON.stringify({
        url: `http://127.0.0.1:${consolePort}/scim/v2/${source}${path}`,
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' },
        body,
      }),
    });
    const answer = JSON.parse(stdout) as { at: number; status: number; body: { id: string } };
    if (answer.status !== status) throw new Error(`${method} ${path} was answered ${stdout}`);
    return answer;
  }

  return {
    async enroll({ staffCode, userName }) {
      const { body } = await ask('POST', '/Users', 201, {
        schemas: [userSchema, enterprise],
        userName,
        displayName: holderName,
        active: true,
        [enterprise]: { employeeNumber: staffCode },
      });
      ids.set(staffCode, body.id);
    },
    async retire({ staffCode }) {
      const { at } = await ask('PATCH', `/Users/${ids.get(staffCode)}`, 200, {
        schemas: [`${urn}:api:messages:2.0:PatchOp`],
        Operations: [{ op: 'replace', path: employment, value: { status: 'ended', detail: 'retired' } }],
      });
      return at;
    },
  };
}
