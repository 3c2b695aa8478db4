// Names of upstreams, where they are given: logins that ask one which no configuration has would get no answer.
import { OperatorError } from '../../base/errors.ts';
import { nearestName } from '../../base/nearest.ts';

/** What is wrong with a name of who checks passwords (`own`, or an upstream), and what to do; null: nothing. */
export function faultOfUpstream(
  name: string,
  upstreams: readonly string[],
): [message: string, remedy: string] | null {
  if (name === 'own' || upstreams.includes(name)) return null;
  const known = ['own', ...upstreams];
  const nearest = nearestName(name, known);
  return [
    `the configuration has no upstream ${JSON.stringify(name.slice(0, 80))}`,
    `${nearest === null ? '' : `Did you mean ${nearest}? `}Give one of: ${known.join(', ')}; or declare it under upstreams in the configuration of every node first`,
  ];
}

/** @throws OperatorError for a name that is neither `own` nor an upstream's; `at`: the field or option that holds it */
export function checkUpstream(name: string, upstreams: readonly string[], at: string): void {
  const fault = faultOfUpstream(name, upstreams);
  if (fault === null) return;
  const [message, remedy] = fault;
  throw new OperatorError(`${message.replace(/^t/, 'T')}.`, {
    at,
    remedy: `${remedy}.`,
    vi: [
      `Tệp cấu hình không có nguồn xác thực ${JSON.stringify(name.slice(0, 80))}.`,
      `Ghi một trong các tên: ${['own', ...upstreams].join(', ')}; hoặc khai báo nguồn đó trong tệp cấu hình của mọi nút trước.`,
    ],
  });
}
