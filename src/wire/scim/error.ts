// Errors of SCIM, RFC 7644 §3.12: what a client gets for every request that is not carried out.

export type ScimType =
  | 'invalidFilter'
  | 'tooMany'
  | 'uniqueness'
  | 'mutability'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue'
  | 'invalidVers'
  | 'sensitive';

const errorSchema = 'urn:ietf:params:scim:api:messages:2.0:Error';

/** A request that is refused; `detail` is for the client and repeats no secret. */
export class ScimError extends Error {
  override readonly name = 'ScimError';
  readonly status: number;
  readonly scimType: ScimType | null;

  constructor(status: number, scimType: ScimType | null, detail: string) {
    super(detail);
    this.status = status;
    this.scimType = scimType;
  }
}

export interface ScimErrorBody {
  readonly schemas: readonly [typeof errorSchema];
  readonly status: string;
  readonly scimType?: ScimType;
  readonly detail: string;
}

/** The body of an error response; the status is a string there. */
export function errorBody({ status, scimType, message }: ScimError): ScimErrorBody {
  return {
    schemas: [errorSchema],
    ...(scimType === null ? {} : { scimType }),
    detail: message,
    status: String(status),
  };
}

const longestShown = 80;

/** What a client wrote, cut for a message. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > longestShown ? `${text.slice(0, longestShown)}…` : text);
}
