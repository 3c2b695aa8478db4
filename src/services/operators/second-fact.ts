// What the reader of a one-time link has to give that its maker does not hold: the other administrator's code, what the operator still
// has of password and authenticator, or the birth date.

import { OperatorError } from '../../base/errors.ts';
import { networkOf } from '../../base/network.ts';
import { findPersonFact } from '../../store/queries/activation.ts';
import { raiseAlert } from '../../store/queries/alerts.ts';
import {
  countWrongLinkFact,
  type OneTimeLinkRow,
  voidOneTimeLink,
} from '../../store/queries/operator-proofs.ts';
import { claimOperatorStep, type OperatorWithPerson } from '../../store/queries/operators.ts';
import type { Db } from '../../store/tables.ts';
import { recordAct } from '../administration.ts';
import { birthDateHashes } from '../portal/activation.ts';
import { codeHashes, normaliseCode } from '../portal/code-hash.ts';
import type { EnrolmentDeps } from './enrolment.ts';
import { countGuess, isStopped, isStoppedNow } from './guesses.ts';
import { matchOperatorCode } from './sign-in.ts';

/** `credential`: the present password, or a code of the present authenticator. */
export type SecondFact = 'administrator-code' | 'credential' | 'birth-date';

/** So many wrong ones make a link void: it is in the wrong hands. */
const mostWrongFacts = 5;
const patienceMs = 5_000;

/** What a link asks for; null: nothing, since nothing is known, or the command line made it (the way out when all else is lost). */
export async function secondFactOf(
  db: Db,
  link: OneTimeLinkRow,
  operator: OperatorWithPerson | null,
): Promise<SecondFact | null> {
  if (link.codeHash !== null) return 'administrator-code';
  if (operator === null || link.createdByOperatorId === null) return null;
  if (operator.passwordPhc !== null) return 'credential';
  return (await findPersonFact(db, operator.personId)) === null ? null : 'birth-date';
}

/** Refuses whoever made or approved the link; it is on record. @throws OperatorError */
export async function refuseMaker(
  { store, clock }: Pick<EnrolmentDeps, 'store' | 'clock'>,
  link: OneTimeLinkRow,
  askedBy: number | null,
  address: string,
): Promise<void> {
  if (askedBy === null || (askedBy !== link.createdByOperatorId && askedBy !== link.approvedByOperatorId)) {
    return;
  }
  await store.write((db) =>
    recordAct(
      db,
      { name: link.createdBy, via: 'console' },
      {
        verb: 'operator.link-refused',
        at: clock.now(),
        detail: 'own-link',
        body: { operatorId: link.operatorId, linkId: link.id, askedBy },
        personal: { address },
      },
    ),
  );
  throw new OperatorError('This link is for somebody else: whoever made or approved it can not use it.', {
    at: 'link',
    remedy: 'Give it to the operator, who opens it in a browser of their own.',
    vi: [
      'Liên kết này dành cho người khác: người tạo hoặc người duyệt không dùng được.',
      'Gửi cho cán bộ vận hành; người đó mở bằng trình duyệt của mình.',
    ],
  });
}

async function isRight(
  deps: EnrolmentDeps,
  given: { readonly link: OneTimeLinkRow; readonly operator: OperatorWithPerson; readonly text: string },
  fact: SecondFact,
  address: string,
): Promise<boolean> {
  const { store, clock, keyring, passwords } = deps;
  const { link, operator, text } = given;
  switch (fact) {
    case 'administrator-code':
      return codeHashes(keyring, 'operator-order', normaliseCode(text)).includes(link.codeHash ?? '');
    case 'birth-date': {
      const known = await store.read((db) => findPersonFact(db, operator.personId));
      return birthDateHashes(deps, operator.personId, text)?.includes(known?.factHash ?? '') === true;
    }
    case 'credential': {
      const now = clock.now();
      if (await store.read((db) => isStopped(db, operator.id, address, now))) return false;
      const code = text.replaceAll(' ', '');
      // No password is that short.
      if (!/^[0-9]{6}$/.test(code)) {
        const deadline = clock.monotonic() + patienceMs;
        const verdict = await passwords.check({ phc: operator.passwordPhc, password: text, deadline });
        if (verdict === 'wrong') await countGuess(deps, operator, address, 'password');
        return verdict === 'right';
      }
      const timeStep = await matchOperatorCode(deps, operator, code, now);
      if (timeStep === null) {
        await countGuess(deps, operator, address, 'code');
        return false;
      }
      return store.write(
        async (db) =>
          !(await isStoppedNow(db, operator.id, address, clock.now())) &&
          (await claimOperatorStep(db, operator.id, timeStep)),
      );
    }
  }
}

/** Judges what was given; wrong ones count on the link, and the fifth makes it void and raises an alert. @throws OperatorError */
export async function demandSecondFact(
  deps: EnrolmentDeps,
  given: {
    readonly link: OneTimeLinkRow;
    readonly operator: OperatorWithPerson | null;
    readonly text: string | undefined;
  },
  address: string,
): Promise<void> {
  const { store, clock } = deps;
  const { link, operator } = given;
  const fact = await store.read((db) => secondFactOf(db, link, operator));
  if (fact === null || operator === null) return;
  const text = given.text?.trim() ?? '';
  const isGiven = text !== '';
  if (isGiven && (await isRight(deps, { link, operator, text }, fact, address))) return;
  if (isGiven) {
    await store.write(async (db) => {
      const wrongFacts = await countWrongLinkFact(db, link.id);
      if (wrongFacts === null) return;
      const at = clock.now();
      const isVoid = wrongFacts >= mostWrongFacts;
      if (isVoid) await voidOneTimeLink(db, link.id, at);
      const record = await recordAct(
        db,
        { name: operator.signInName, via: 'console' },
        {
          verb: 'operator.link-refused',
          at,
          detail: fact,
          body: { operatorId: operator.id, linkId: link.id, wrongFacts, void: isVoid },
          personal: { address },
        },
      );
      if (!isVoid) return;
      const evidence = { operator: operator.signInName, network: networkOf(address), wrongFacts };
      await raiseAlert(db, {
        rule: 'operator-link-guessed',
        accountId: null,
        evidence: JSON.stringify(evidence),
        at,
        ...record,
      });
    });
  }
  throw wrongFact(fact, isGiven);
}

const wanted: Readonly<Record<SecondFact, { readonly en: string; readonly vi: string }>> = {
  'administrator-code': {
    en: 'Ask the administrator who asked for your link; the code is not in the link.',
    vi: 'Hỏi quản trị viên đã đề nghị cấp liên kết; mã không nằm trong liên kết.',
  },
  credential: {
    en: 'Give your present password, or a new code of your present authenticator. If you have neither, ask for a link from the command line.',
    vi: 'Nhập mật khẩu đang dùng hoặc mã mới của ứng dụng đang dùng. Nếu mất cả hai, đề nghị quản trị viên tạo liên kết bằng dòng lệnh.',
  },
  'birth-date': { en: 'Give it as 31/12/1990.', vi: 'Nhập dạng 31/12/1990.' },
};

function wrongFact(fact: SecondFact, isGiven: boolean): OperatorError {
  return new OperatorError(
    isGiven ? 'This is not right, or there were too many tries.' : 'The link alone is not enough.',
    {
      at: 'secondFact',
      remedy: wanted[fact].en,
      vi: [
        isGiven ? 'Không đúng, hoặc đã thử quá nhiều lần.' : 'Chỉ có liên kết thì chưa đủ.',
        wanted[fact].vi,
      ],
    },
  );
}
