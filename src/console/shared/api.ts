// Calls of the HTTP API: header against cross-site requests, ETag, cursor, problem+json as a typed error.

import type { Problem } from '../../api/problem.ts';

/** One field that was refused; `field` is the path in the request's body. */
type FieldFault = NonNullable<Problem['errors']>[number];

/** Any answer that is not a success; status 0: no answer at all. */
export class ApiError extends Error {
  readonly status: number;
  readonly title: string;
  readonly detail: string | null;
  readonly code: string | null;
  readonly faults: readonly FieldFault[];

  constructor(status: number, problem: Partial<Problem>) {
    super(problem.detail ?? problem.title ?? String(status));
    this.name = 'ApiError';
    this.status = status;
    this.title = problem.title ?? '';
    this.detail = problem.detail ?? null;
    this.code = problem.code ?? null;
    this.faults = problem.errors ?? [];
  }
}

export type Query = Readonly<Record<string, string | number | boolean | undefined | null>>;

export interface CallOptions {
  readonly query?: Query;
  readonly body?: unknown;
  /** The version that was read: the change is refused with 412 if somebody else was faster. */
  readonly etag?: string | undefined;
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer<T> {
  readonly data: T;
  readonly etag: string | undefined;
}

let base = '/api/v1';
/** Before there is a session any word will do: no form of another site can add the header. */
let csrfToken = 'sign-in';
let onSignedOut: () => void = () => {};
let language = 'vi';

/** The session's own, as its answer said; sent with every change (src/http/web/guard.ts). */
export function setCsrfToken(token: string | null): void {
  csrfToken = token ?? 'sign-in';
}

/** Where the interface of this app begins. */
export function setApiBase(path: string): void {
  base = path;
}

/** Called when the server knows no session any more. */
export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

/** The language in which the server words its texts. */
export function setApiLanguage(chosen: string): void {
  language = chosen;
}

export function queryText(query: Query | undefined): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== '') parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

async function problemOf(response: Response): Promise<Partial<Problem>> {
  try {
    return (await response.json()) as Partial<Problem>;
  } catch {
    return {};
  }
}

function bodyOf(body: unknown): { body?: BodyInit; type?: string } {
  if (body === undefined) return {};
  if (body instanceof Blob) return { body, type: body.type === '' ? 'application/octet-stream' : body.type };
  return { body: JSON.stringify(body), type: 'application/json' };
}

async function send(method: string, path: string, options: CallOptions): Promise<Response> {
  const { body, type } = bodyOf(options.body);
  const headers: Record<string, string> = { 'accept-language': language, ...options.headers };
  if (type !== undefined) headers['content-type'] = headers['content-type'] ?? type;
  if (options.etag !== undefined) headers['if-match'] = options.etag;
  if (method !== 'GET') headers['x-csrf-token'] = csrfToken;
  try {
    return await fetch(`${base}${path}${queryText(options.query)}`, {
      method,
      headers,
      credentials: 'same-origin',
      ...(body === undefined ? {} : { body }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new ApiError(0, {});
  }
}

/** @throws ApiError */
export async function callWithEtag<T>(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  options: CallOptions = {},
): Promise<Answer<T>> {
  const response = await send(method, path, options);
  if (!response.ok) {
    const problem = await problemOf(response);
    const isOfSession = method === 'GET' && path === '/session';
    if (response.status === 401 && problem.code !== 'step-up-required' && !isOfSession) onSignedOut();
    throw new ApiError(response.status, problem);
  }
  const etag = response.headers.get('etag') ?? undefined;
  if (response.status === 204) return { data: undefined as T, etag };
  return { data: (await response.json()) as T, etag };
}

/** @throws ApiError */
export async function call<T>(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  options: CallOptions = {},
): Promise<T> {
  return (await callWithEtag<T>(method, path, options)).data;
}

/** Fetches a file and hands it to the browser under the name that the server gave. @throws ApiError */
export async function download(
  path: string,
  fallbackName: string,
  options: CallOptions & { readonly method?: 'GET' | 'POST' } = {},
): Promise<void> {
  const response = await send(options.method ?? 'GET', path, options);
  if (!response.ok) throw new ApiError(response.status, await problemOf(response));
  const disposition = response.headers.get('content-disposition') ?? '';
  const name = /filename="([^"]+)"/.exec(disposition)?.[1] ?? fallbackName;
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
