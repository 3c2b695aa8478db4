// Personnel systems as a broker meets them: files of events, a SCIM client that asks again until it is answered, an organisation file.
import { request } from 'node:http';
import { after } from './until.ts';

const day = (instant: number) => new Date(instant + 7 * 3_600_000).toISOString().slice(0, 10);

/** Rows of a file of events; `rest` are the columns after the day. */
export function eventFile(
  word: string,
  people: readonly { readonly staffCode: string; readonly fullName?: string; readonly unit?: string }[],
  from: number = Date.now() - 86_400_000,
): string {
  const rows = people.map(({ staffCode, fullName = '', unit = '' }) =>
    [staffCode, word, day(from), fullName, unit].join(';'),
  );
  return ['Mã CCVC;Biến động;Kể từ ngày;Họ và tên;Mã đơn vị', ...rows, ''].join('\r\n');
}

const urn = 'urn:ietf:params:scim';
const enterprise = `${urn}:schemas:extension:enterprise:2.0:User`;

export interface ScimUser {
  readonly staffCode: string;
  readonly fullName: string;
  readonly active: boolean;
}

export function scimUser({ staffCode, fullName, active }: ScimUser) {
  return {
    schemas: [`${urn}:schemas:core:2.0:User`, enterprise],
    userName: staffCode,
    displayName: fullName,
    active,
    [enterprise]: { employeeNumber: staffCode },
  };
}

export interface ScimAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: bodies are JSON of any form
  readonly body: any;
}

export interface ScimClient {
  /** One request; rejects when no whole answer comes. */
  ask(method: string, path: string, body?: unknown): Promise<ScimAnswer>;
  /** Asks until there is an answer, as a client does whose server went away. */
  insist(method: string, path: string, body?: unknown): Promise<ScimAnswer>;
}

export function scimClient(port: number, source: string, token: string): ScimClient {
  const ask: ScimClient['ask'] = (method, path, body) =>
    new Promise((resolve, reject) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port,
          method,
          path: `/scim/v2/${source}${path}`,
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' },
        },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8');
          answer.on('data', (chunk: string) => {
            text += chunk;
          });
          answer.on('error', reject);
          answer.on('end', () =>
            resolve({ status: answer.statusCode ?? 0, body: text === '' ? null : JSON.parse(text) }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(body === undefined ? '' : JSON.stringify(body));
    });
  return {
    ask,
    async insist(method, path, body) {
      for (;;) {
        try {
          const answer = await ask(method, path, body);
          if (answer.status < 500) return answer;
        } catch {
          // The broker is gone at the moment.
        }
        await after(50);
      }
    },
  };
}

export function bulk(operations: readonly unknown[]) {
  return { schemas: [`${urn}:api:messages:2.0:BulkRequest`], Operations: operations };
}
