import { describe, expect, it } from 'vitest';
import {
  type HeldRole,
  needsStepUp,
  type Permission,
  permissions,
  type Role,
  reaches,
  reachOf,
  roles,
  tokenPermissions,
} from '../../src/core/permissions.ts';

const all = Object.keys(permissions) as Permission[];
const held = (role: Role, unitPath: string | null = '/1/7/'): HeldRole[] => [{ role, unitPath }];
const may = (role: Role) => all.filter((permission) => reachOf(permission, held(role)) !== null);
const acts = (role: Role) => may(role).filter((permission) => !/\.(read|use)$/.test(permission));

describe('the table of permissions', () => {
  it('lets the auditor read, export and simulate, and change nothing', () => {
    expect(acts('auditor')).toEqual(['decision.simulate', 'audit.export']);
  });

  it('lets the duty role lock and cut, and nothing else', () => {
    expect(acts('duty')).toEqual(['account.suspend', 'session.cut']);
  });

  it('lets the help desk explain and file requests, but set no term', () => {
    expect(acts('help-desk')).toEqual(['decision.simulate', 'request.create']);
  });

  it('keeps deciding from whoever proposes', () => {
    expect(reachOf('request.decide', held('unit-administrator'))).toBeNull();
    expect(acts('head-of-unit')).toEqual([
      'account.suspend',
      'account.reinstate',
      'account.withdraw',
      'workstation.revoke',
      'session.cut',
      'request.create',
      'request.decide',
      'delegation.edit',
    ]);
  });

  it('gives the central administrator every line: nothing is out of everybody’s hands', () => {
    expect(may('central-administrator')).toEqual(all);
  });

  it('lets whoever acts on a noun read it too', () => {
    for (const permission of all) {
      const reading = `${permission.split('.')[0]}.read` as Permission;
      if (!all.includes(reading)) continue;
      for (const role of roles) {
        if (reachOf(permission, held(role)) !== null)
          expect([role, reading, reachOf(reading, held(role))]).toEqual([role, reading, ['/1/7/']]);
      }
    }
  });

  it('gives tokens nothing that asks for a person', () => {
    expect(tokenPermissions.filter(needsStepUp)).toEqual([]);
    expect(tokenPermissions).toContain('account.read');
    expect(tokenPermissions).not.toContain('operator.edit');
    expect(tokenPermissions).not.toContain('account.print-slip');
  });
});

describe('reach', () => {
  it('is the union of the roles that grant the permission, without what lies below another', () => {
    const reach = reachOf('account.read', [
      { role: 'help-desk', unitPath: '/1/7/' },
      { role: 'unit-administrator', unitPath: '/1/7/12/' },
      { role: 'duty', unitPath: '/1/8/' },
    ]);
    expect(reach).toEqual(['/1/7/', '/1/8/']);
    expect(
      reachOf('account.set-term', [
        { role: 'help-desk', unitPath: null },
        { role: 'unit-administrator', unitPath: '/1/7/12/' },
      ]),
    ).toEqual(['/1/7/12/']);
  });

  it('covers a unit and all below it, never a neighbour whose number begins alike', () => {
    expect(reaches(['/1/7/'], '/1/7/')).toBe(true);
    expect(reaches(['/1/7/'], '/1/7/30/')).toBe(true);
    expect(reaches(['/1/7/'], '/1/70/')).toBe(false);
    expect(reaches(['/1/7/'], '/1/')).toBe(false);
    expect(reaches('everywhere', '/9/')).toBe(true);
    expect(reaches([], '/1/')).toBe(false);
  });

  it('is nothing without a role', () => {
    expect(reachOf('overview.read', [])).toBeNull();
  });
});
