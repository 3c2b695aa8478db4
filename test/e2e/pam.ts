// A PAM service with pam_radius_auth (Debian: libpam-radius-auth), driven by pamtester.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Machine } from './namespace.ts';

export interface PamService {
  /** True when PAM lets the user in. Each answer goes to the next prompt; `from` becomes Calling-Station-Id. */
  authenticate(login: {
    readonly userName: string;
    readonly answers: readonly string[];
    readonly from: string;
  }): Promise<{ accepted: boolean; output: string }>;
}

/** Declares the service for this machine alone. The module sends `client_id` as NAS-Identifier. */
export async function createPamService(
  machine: Machine,
  directory: string,
  options: {
    readonly nasIdentifier: string;
    readonly radius: { readonly address: string; readonly port: number; readonly secret: string };
  },
): Promise<PamService> {
  const { radius } = options;
  const file = path.join(directory, `pam-radius-${machine.name}.conf`);
  await writeFile(file, `${radius.address}:${radius.port} ${radius.secret} 8\n`, { mode: 0o600 });
  const module = `pam_radius_auth.so conf=${file} client_id=${options.nasIdentifier} prompt_attribute`;
  await machine.writeEtc('pam.d/vpn', `auth required ${module}\naccount required pam_permit.so\n`);
  return {
    authenticate: async (login) => {
      const result = await machine.run(
        'pamtester',
        ['-I', `rhost=${login.from}`, 'vpn', login.userName, 'authenticate'],
        { input: login.answers.map((answer) => `${answer}\n`).join('') },
      );
      return { accepted: result.code === 0, output: result.output };
    },
  };
}
