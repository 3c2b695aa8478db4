// The commands by their first word. Each is loaded when it is used, so that none waits for what another needs.
import type { CliCommand, Operation } from './command.ts';

export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  load(): Promise<{
    readonly commands: readonly CliCommand[];
    /** What the broker runs for them. */
    readonly operations: readonly Operation[];
  }>;
}

export const groups: readonly CommandGroup[] = [
  {
    name: 'start',
    summary: 'try the broker: on the loopback, with an invented organisation',
    async load() {
      const { startCommands } = await import('./start.ts');
      return { commands: startCommands, operations: [] };
    },
  },
  {
    name: 'demo',
    summary: 'show every kind of outcome: a broker, a played gateway, real packets',
    async load() {
      const { demoCommands } = await import('./demo.ts');
      return { commands: demoCommands, operations: [] };
    },
  },
  {
    name: 'serve',
    summary: 'run the broker',
    async load() {
      const { serveCommands } = await import('./serve.ts');
      return { commands: serveCommands, operations: [] };
    },
  },
  {
    name: 'probe',
    summary: 'play a gateway: send a login and explain the answer',
    async load() {
      const { probeCommands } = await import('./probe.ts');
      return { commands: probeCommands, operations: [] };
    },
  },
  {
    name: 'doctor',
    summary: "examine the broker, or a gateway's configuration by what it sends",
    async load() {
      const { doctorCommands, doctorOperations } = await import('./doctor.ts');
      return { commands: doctorCommands, operations: doctorOperations };
    },
  },
  {
    name: 'bench',
    summary: 'measure this machine, and how many processors it takes',
    async load() {
      const { benchCommands } = await import('./bench.ts');
      return { commands: benchCommands, operations: [] };
    },
  },
  {
    name: 'openapi',
    summary: 'print the description of the HTTP API (OpenAPI 3.1)',
    async load() {
      const { openapiCommands } = await import('./openapi.ts');
      return { commands: openapiCommands, operations: [] };
    },
  },
  {
    name: 'import',
    summary: 'import an organisation file: units, people, accounts, gateways …',
    async load() {
      const { importCommands, importOperations } = await import('./import.ts');
      return { commands: importCommands, operations: importOperations };
    },
  },
  {
    name: 'migrate',
    summary: 'accounts of privacyIDEA or FreeRADIUS as an organisation file; seeds of hardware tokens',
    async load() {
      const { migrateCommands } = await import('./migrate.ts');
      return { commands: migrateCommands, operations: [] };
    },
  },
  {
    name: 'account',
    summary: 'look after VPN accounts: term, suspension, workstations, passwords, authenticators',
    async load() {
      const { accountCommands, accountOperations } = await import('./account.ts');
      return { commands: accountCommands, operations: accountOperations };
    },
  },
  {
    name: 'slips',
    summary: 'activation slips: print, hand over, make void; how far the roll-out is',
    async load() {
      const { slipsCommands, slipsOperations } = await import('./slips.ts');
      return { commands: slipsCommands, operations: slipsOperations };
    },
  },
  {
    name: 'rules',
    summary: 'the rules of use that every holder accepts',
    async load() {
      const { rulesCommands, rulesOperations } = await import('./rules.ts');
      return { commands: rulesCommands, operations: rulesOperations };
    },
  },
  {
    name: 'evidence',
    summary: 'how well workstations are proven, and the signed exceptions to it',
    async load() {
      const { evidenceCommands, evidenceOperations } = await import('./evidence.ts');
      return { commands: evidenceCommands, operations: evidenceOperations };
    },
  },
  {
    name: 'workstation',
    summary: 'look after workstations and what names them',
    async load() {
      const { workstationCommands, workstationOperations } = await import('./workstation.ts');
      return { commands: workstationCommands, operations: workstationOperations };
    },
  },
  {
    name: 'gateway',
    summary: 'look after gateways, their clients, secrets and profiles',
    async load() {
      const { gatewayCommands, gatewayOperations } = await import('./gateway.ts');
      return { commands: gatewayCommands, operations: gatewayOperations };
    },
  },
  {
    name: 'lifecycle',
    summary: 'personnel events: import, list, what the brake holds back, undo',
    async load() {
      const { lifecycleCommands, lifecycleOperations } = await import('./lifecycle.ts');
      return { commands: lifecycleCommands, operations: lifecycleOperations };
    },
  },
  {
    name: 'unit',
    summary: 'units that are merged, split, renamed or dissolved',
    async load() {
      const { unitCommands, unitOperations } = await import('./unit.ts');
      return { commands: unitCommands, operations: unitOperations };
    },
  },
  {
    name: 'calendar',
    summary: 'the working calendar: holidays and make-up days',
    async load() {
      const { calendarCommands, calendarOperations } = await import('./calendar.ts');
      return { commands: calendarCommands, operations: calendarOperations };
    },
  },
  {
    name: 'sample',
    summary: 'take out the invented organisation of the trial',
    async load() {
      const { sampleCommands, sampleOperations } = await import('./sample.ts');
      return { commands: sampleCommands, operations: sampleOperations };
    },
  },
  {
    name: 'source',
    summary: 'look after the sources of personnel events and their brakes',
    async load() {
      const { sourceCommands, sourceOperations } = await import('./source.ts');
      return { commands: sourceCommands, operations: sourceOperations };
    },
  },
  {
    name: 'hardware-token',
    summary: 'hardware tokens: the stock, hand-over, synchronisation, loss',
    async load() {
      const { hardwareTokenCommands, hardwareTokenOperations } = await import('./hardware-token.ts');
      return { commands: hardwareTokenCommands, operations: hardwareTokenOperations };
    },
  },
  {
    name: 'token',
    summary: 'tokens of programs: SCIM clients and what uses the HTTP interface',
    async load() {
      const { tokenCommands, tokenOperations } = await import('./token.ts');
      return { commands: tokenCommands, operations: tokenOperations };
    },
  },
  {
    name: 'operator',
    summary: 'the first operator of the console',
    async load() {
      const { operatorCommands, operatorOperations } = await import('./operator.ts');
      return { commands: operatorCommands, operations: operatorOperations };
    },
  },
  {
    name: 'sessions',
    summary: 'see who is in now, and cut sessions',
    async load() {
      const { sessionsCommands, sessionsOperations } = await import('./sessions.ts');
      return { commands: sessionsCommands, operations: sessionsOperations };
    },
  },
  {
    name: 'explain',
    summary: 'explain a decision by its lookup code, its record, or its account',
    async load() {
      const { explainCommands, explainOperations } = await import('./explain.ts');
      return { commands: explainCommands, operations: explainOperations };
    },
  },
  {
    name: 'keys',
    summary: 'show and rotate the keys of what is kept sealed',
    async load() {
      const { keysCommands, keysOperations } = await import('./keys.ts');
      return { commands: keysCommands, operations: keysOperations };
    },
  },
  {
    name: 'audit',
    summary: 'verify, export and prove the audit log',
    async load() {
      const { auditCommands, auditOperations } = await import('./audit.ts');
      return { commands: auditCommands, operations: auditOperations };
    },
  },
  {
    name: 'backup',
    summary: 'copy the database (SQLite) while the broker runs',
    async load() {
      const { backupCommands, backupOperations } = await import('./backup.ts');
      return { commands: backupCommands, operations: backupOperations };
    },
  },
  {
    name: 'restore',
    summary: 'put a backup in place; no code used since is accepted again',
    async load() {
      const { restoreCommands, restoreOperations } = await import('./backup.ts');
      return { commands: restoreCommands, operations: restoreOperations };
    },
  },
];

/** Everything that the broker runs for the command line. */
export async function loadOperations(): Promise<readonly Operation[]> {
  const loaded = await Promise.all(groups.map((group) => group.load()));
  return loaded.flatMap(({ operations }) => operations);
}
