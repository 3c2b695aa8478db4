// What in a request led to its denial, as the explanation names it.
import { codeApartText, codelessText, type Language, nameFaultTexts } from '../core/reason-texts.ts';
import type { Reason } from '../core/reasons.ts';
import { canonicalUserName } from '../core/user-name.ts';
import type { RecordDraft } from '../store/store.ts';
import { standardDictionary } from '../wire/radius/dictionary.ts';

/** Names of Service-Type by number. */
const serviceTypes = new Map(
  Object.entries(standardDictionary.byName('Service-Type')?.values ?? {}).map(([name, value]) => [
    String(value),
    name,
  ]),
);

/** Where a code was looked for that the holder may have typed elsewhere. */
function codelessOf(
  { style, code }: RecordDraft['body'],
  language: Language,
): { readonly codeless?: string } {
  if (style === 'password' || style === 'challenge-answer') return { codeless: codeApartText[language] };
  return code === 'absent' ? { codeless: codelessText[language] } : {};
}

/** Values of an explanation that the request itself gave: what in it led to the denial. None once `personal` is erased. */
export function requestParameters(
  reason: Reason,
  data: RecordDraft['body'],
  personal: Readonly<Record<string, string>>,
  realms: readonly string[],
  language: Language,
): Record<string, string> {
  const { userName = '', serviceType, connectInfo, repeated, unreadable } = personal;
  switch (reason) {
    case 'service-not-allowed': {
      const asked = [
        ...(serviceType === undefined
          ? []
          : [`Service-Type ${serviceTypes.get(serviceType) ?? serviceType}`]),
        ...(connectInfo === undefined ? [] : [`Connect-Info ${connectInfo}`]),
      ].join(', ');
      return { ...(asked === '' ? {} : { asked }), ...(repeated === undefined ? {} : { repeated }) };
    }
    case 'account-unknown': {
      if (Object.keys(personal).length === 0) return {};
      if (unreadable?.includes('User-Name') === true) return { fault: nameFaultTexts.unreadable[language] };
      const name = canonicalUserName(userName, { realms });
      if (!name.ok) return { fault: nameFaultTexts[name.fault][language] };
      const at = name.userName.lastIndexOf('@');
      return at === -1 ? {} : { realm: name.userName.slice(at + 1) };
    }
    case 'password-wrong':
      return {
        ...(unreadable === undefined ? {} : { unreadable }),
        ...codelessOf(data, language),
      };
    default:
      return {};
  }
}
