// /api/v1/calendar: holidays and make-up days, by which hours of access differ from those of the weekday.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import {
  calendarDayParams,
  calendarDaysBodySchema,
  calendarDaysSchema,
  calendarQuery,
  calendarSchema,
} from '../../../api/calendar.ts';
import { clearCalendarDays, setCalendarDays, showCalendar } from '../../../services/working-calendar.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { readSeen, setEntityTag } from '../../web/precondition.ts';
import { actingFor } from './acts.ts';

const tags = ['calendar'];
const edit = {
  access: { permission: 'calendar.edit', of: 'organisation' },
  precondition: true,
} as const;

export const calendarRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  const { store, radius } = deps;

  server.get(
    '/api/v1/calendar',
    {
      config: { access: { permission: 'calendar.read', of: 'list' } },
      schema: { tags, querystring: calendarQuery, response: { 200: calendarSchema } },
    },
    async (request, reply) => {
      const { days, tag } = await showCalendar(store, request.query.year);
      setEntityTag(reply, tag);
      return { items: [...days] };
    },
  );

  server.post(
    '/api/v1/calendar',
    { config: edit, schema: { tags, body: calendarDaysBodySchema, response: { 200: calendarDaysSchema } } },
    async (request) => {
      const { days } = await setCalendarDays(
        { ...actingFor(deps, request), ifSeen: readSeen(request) },
        request.body,
      );
      await radius.refreshSettings();
      return { days: [...days] };
    },
  );

  server.delete(
    '/api/v1/calendar/:day',
    { config: edit, schema: { tags, params: calendarDayParams, response: { 204: Type.Null() } } },
    async (request, reply) => {
      const ifSeen = readSeen(request);
      await clearCalendarDays({ ...actingFor(deps, request), ifSeen }, { from: request.params.day });
      await radius.refreshSettings();
      return reply.code(204).send(null);
    },
  );
};
