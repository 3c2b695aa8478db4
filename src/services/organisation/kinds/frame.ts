// The organisation's settings and its tree of units.

import { nameSearchKey } from '../../../core/names.ts';
import { findUnitIds, type KnownUnit, listUnits, renameUnit } from '../../../store/queries/import/units.ts';
import {
  bumpSettingsVersion,
  findSettings,
  putSetting,
  settingKeys,
} from '../../../store/queries/settings.ts';
import { insertUnit, moveUnit } from '../../../store/queries/units.ts';
import type { StagedOrganisation } from '../staged.ts';
import { createComparison, defineKind, mustGet } from './kind.ts';

type SettingName = keyof StagedOrganisation;

const settingOf: Readonly<Record<SettingName, string>> = {
  name: settingKeys.organisationName,
  timeZone: settingKeys.timeZone,
  realms: settingKeys.realms,
  rulesVersion: settingKeys.rulesVersion,
};

function settingText(value: string | number | readonly string[]): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const stated = (entry: StagedOrganisation) =>
  Object.entries(entry).map(([name, value]) => ({
    name,
    key: settingOf[name as SettingName],
    text: settingText(value),
  }));

export const organisationKind = defineKind('organisation', {
  async load(db) {
    // The settings exist in any case, if only by their defaults.
    return new Map([['organisation', await findSettings(db, Object.values(settingOf))]]);
  },
  compare(current, entry) {
    const { fields, field } = createComparison();
    for (const { name, key, text } of stated(entry))
      field<string | null>(name, current.get(key) ?? null, text);
    return fields;
  },
  async write(db, _created, changed) {
    for (const { entry, current } of changed) {
      for (const { key, text } of stated(entry)) {
        if (current.get(key) !== text) await putSetting(db, key, text);
      }
    }
    if (changed.length > 0) await bumpSettingsVersion(db);
  },
});

export const unitKind = defineKind('unit', {
  async load(db): Promise<ReadonlyMap<string, KnownUnit>> {
    return new Map((await listUnits(db)).map((unit) => [unit.code, unit]));
  },
  compare(current, entry) {
    const { fields, field } = createComparison();
    field('name', current.name, entry.name);
    field('parent', current.parent, entry.parent === undefined ? current.parent : entry.parent);
    return fields;
  },
  async write(db, created, changed) {
    // In the order of the staging area: a parent before its children.
    for (const { code, name, parent = null } of created) {
      const parents = parent === null ? null : await findUnitIds(db, [parent]);
      const parentId = parents === null ? null : mustGet(parents, parent ?? '');
      await insertUnit(db, { code, name, nameSearchKey: nameSearchKey(name), parentId });
    }
    for (const { entry, current } of changed) {
      const { name, parent } = entry;
      if (name !== current.name)
        await renameUnit(db, current.id, { name, nameSearchKey: nameSearchKey(name) });
      if (parent === undefined || parent === current.parent) continue;
      const parents = await findUnitIds(db, parent === null ? [] : [parent]);
      const isMoved = await moveUnit(db, current.id, parent === null ? null : mustGet(parents, parent));
      if (!isMoved) throw new Error(`unit ${entry.code} would lie below itself`);
    }
    // Policies go by the tree.
    if (created.length > 0) await bumpSettingsVersion(db);
  },
});
