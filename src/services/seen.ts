// What whoever acts has looked at: a tag of its content, compared within the act's own write, so that no change is lost.
import { createHash } from 'node:crypto';
import { OperatorError } from '../base/errors.ts';
import type { AdministrationDeps } from './administration.ts';

/** The same content has the same tag, whoever wrote it. */
export function tagOf(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content), 'utf8').digest('base64url').slice(0, 22);
}

/** For an act that rests on a state that is no more. */
export function notAsSeen(what: string): OperatorError {
  return new OperatorError(`${what} is not as it was seen any more; nothing was done.`, {
    remedy: 'Look at it again, and repeat the act if it is still wanted.',
    vi: ['Nội dung này đã khác với bản đang xem; chưa thực hiện gì.', 'Tải lại rồi làm lại nếu vẫn cần.'],
    fault: 'precondition-failed',
  });
}

/** Refuses an act on something else than was seen; without a tag nothing was looked at. @throws OperatorError */
export function checkSeen(
  { ifSeen }: Pick<AdministrationDeps, 'ifSeen'>,
  content: unknown,
  what: string,
): void {
  if (ifSeen !== undefined && ifSeen !== tagOf(content)) throw notAsSeen(what);
}
