// Errors as problem+json (RFC 9457), in the reader's language, with a closed code; fields are named with what to do.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Problem } from '../../api/problem.ts';
import { OperatorError, StoreUnavailableError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { type ProblemCode, problemTexts } from './problem-texts.ts';

export type Language = 'vi' | 'en';

interface FieldFault {
  /** JSON path of the field: `validUntil`, `roles.0.unit`. */
  readonly field: string;
  readonly message: string;
  readonly remedy: string;
}

/** A request that can't be done, as its sender is told. Never holds a secret. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly code: ProblemCode;
  readonly faults: readonly ((language: Language) => FieldFault)[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ProblemCode,
    more: {
      readonly faults?: readonly ((language: Language) => FieldFault)[];
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(code);
    this.code = code;
    this.faults = more.faults ?? [];
    this.headers = more.headers ?? {};
  }
}

/** A problem of one field, in both languages: `[message, remedy]` each. */
export function fieldProblem(
  field: string,
  texts: { readonly vi: readonly [string, string]; readonly en: readonly [string, string] },
  code: ProblemCode = 'invalid',
): HttpProblem {
  return new HttpProblem(code, {
    faults: [
      (language) => {
        const [message, remedy] = texts[language];
        return { field, message, remedy };
      },
    ],
  });
}

/** Vietnamese unless the reader prefers English (RFC 9110 §12.5.4, by order and weight). */
export function languageOf(request: Pick<FastifyRequest, 'headers'>): Language {
  const wanted = (request.headers['accept-language'] ?? '')
    .slice(0, 200)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().toLowerCase().split(';');
      const weight = parameters.map((text) => /^\s*q=([01](?:\.\d{0,3})?)$/.exec(text)?.[1]).find(Boolean);
      return { tag: tag.split('-')[0] ?? '', weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ tag, weight }) => weight > 0 && (tag === 'vi' || tag === 'en'))
    .sort((a, b) => b.weight - a.weight);
  return wanted[0]?.tag === 'en' ? 'en' : 'vi';
}

/** What a validator says of one field. */
interface ValidationFault {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
}

function list(values: unknown): string {
  return (Array.isArray(values) ? values : [values]).map((value) => String(value)).join(', ');
}

function validationTexts({ keyword, params, message }: ValidationFault): Record<Language, [string, string]> {
  switch (keyword) {
    case 'required':
      return { vi: ['Chưa nhập.', 'Nhập giá trị.'], en: ['It is missing.', 'Give a value.'] };
    case 'additionalProperties':
    case 'boolean':
      return {
        vi: ['Không có trường này.', 'Bỏ trường này đi.'],
        en: ['There is no such field.', 'Leave it out.'],
      };
    case 'type':
      return {
        vi: ['Sai kiểu giá trị.', `Nhập giá trị kiểu ${list(params['type'])}.`],
        en: ['The value has the wrong type.', `Give a value of type ${list(params['type'])}.`],
      };
    case 'enum':
    case 'const':
    case 'anyOf': {
      const allowed = params['allowedValues'] ?? params['allowedValue'];
      return allowed === undefined
        ? {
            vi: ['Giá trị không hợp lệ.', 'Chọn một trong các giá trị cho phép.'],
            en: ['The value is none of those allowed.', 'Choose one of the allowed values.'],
          }
        : {
            vi: ['Giá trị không hợp lệ.', `Chọn một trong: ${list(allowed)}.`],
            en: ['The value is none of those allowed.', `Choose among ${list(allowed)}.`],
          };
    }
    case 'minLength':
    case 'minItems':
      return Number(params['limit']) <= 1
        ? { vi: ['Còn để trống.', 'Nhập giá trị.'], en: ['It is empty.', 'Give a value.'] }
        : {
            vi: ['Quá ngắn.', `Cần ít nhất ${list(params['limit'])}.`],
            en: ['It is too short.', `At least ${list(params['limit'])} are needed.`],
          };
    case 'maxLength':
    case 'maxItems':
      return {
        vi: ['Quá dài.', `Nhiều nhất là ${list(params['limit'])}.`],
        en: ['It is too long.', `At most ${list(params['limit'])} are taken.`],
      };
    case 'minimum':
    case 'exclusiveMinimum':
      return {
        vi: ['Quá nhỏ.', `Nhập từ ${list(params['limit'])} trở lên.`],
        en: ['It is too small.', `Give ${list(params['limit'])} or more.`],
      };
    case 'maximum':
    case 'exclusiveMaximum':
      return {
        vi: ['Quá lớn.', `Nhập không quá ${list(params['limit'])}.`],
        en: ['It is too large.', `Give ${list(params['limit'])} or less.`],
      };
    default:
      return {
        vi: ['Sai khuôn dạng.', 'Sửa lại theo khuôn dạng nêu trong tài liệu API.'],
        en: [`It is malformed (${message ?? keyword}).`, 'See the API documentation for its form.'],
      };
  }
}

function validationProblem(faults: readonly ValidationFault[]): HttpProblem {
  const seen = new Set<string>();
  const named = faults.flatMap((fault) => {
    const path = fault.instancePath.split('/').slice(1).join('.');
    const inside =
      fault.keyword === 'required'
        ? (fault.params['requiredProperties'] ?? [fault.params['missingProperty']])
        : fault.keyword === 'additionalProperties'
          ? (fault.params['additionalProperties'] ?? [fault.params['additionalProperty']])
          : null;
    const fields = Array.isArray(inside)
      ? inside.map((name) => (path === '' ? String(name) : `${path}.${name}`))
      : [path === '' ? 'body' : path];
    // A union complains of each of its members: the first word on a field is enough.
    const fresh = fields.map((field) => field.slice(0, 200)).filter((field) => !seen.has(field));
    for (const field of fresh) seen.add(field);
    return fresh.map((field) => (language: Language) => {
      const [message, remedy] = validationTexts(fault)[language];
      return { field, message, remedy };
    });
  });
  return new HttpProblem('invalid', { faults: named.slice(0, 50) });
}

const byStatus: Readonly<Record<number, ProblemCode>> = {
  400: 'malformed',
  401: 'not-signed-in',
  403: 'forbidden',
  404: 'not-found',
  405: 'not-found',
  413: 'too-large',
  // A part of the path that is too long for any id or name.
  414: 'malformed',
  415: 'unsupported-media-type',
  429: 'too-many-requests',
};

/** `--valid-until`, as the command line has it, is `validUntil` here; its `USER` is `user`. */
function fieldOf(at: string): string {
  const name = /^[A-Z]+$/.test(at) ? at.toLowerCase() : at.replace(/^--/, '');
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()) || 'request';
}

function problemOf(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof OperatorError) {
    const { message, remedy, at, vi } = error;
    const field = fieldOf(at ?? '');
    const code = error.fault === 'invalid' ? 'refused' : error.fault;
    const texts = { en: [message, remedy], vi: vi ?? [message, remedy] } as const;
    return fieldProblem(field, texts, code);
  }
  if (error instanceof StoreUnavailableError) return new HttpProblem('unavailable');
  const { statusCode, validation } = error as {
    statusCode?: number;
    validation?: readonly ValidationFault[];
  };
  if (Array.isArray(validation)) return validationProblem(validation);
  return new HttpProblem(byStatus[statusCode ?? 500] ?? 'internal');
}

/** Answers with a problem that is no news for the log. */
export function showProblem(
  problem: HttpProblem,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const language = languageOf(request);
  const { status, ...texts } = problemTexts[problem.code];
  const errors = problem.faults.map((fault) => fault(language));
  const [title, detail] = texts[language];
  const body: Problem = { title, status, code: problem.code, detail, requestId: request.id };
  return reply
    .code(status)
    .headers(problem.headers)
    .header('content-language', language)
    .header('vary', 'accept-language')
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(errors.length === 0 ? body : { ...body, errors });
}

/** Answers with a problem; what broke inside goes into the log alone. */
export function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Log,
): FastifyReply {
  const problem = problemOf(error);
  if (problemTexts[problem.code].status >= 500) {
    const { routeOptions, method, id } = request;
    log.error({ err: error, method, route: routeOptions.url, requestId: id }, 'an HTTP request failed');
  }
  return showProblem(problem, request, reply);
}
