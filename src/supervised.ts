import { Registry } from 'prom-client';
import type { Supervised } from './gateway.ts';
import type { Member } from './processes/member.ts';

/** What the gateway of one process has of its supervisor. */
export function supervisedBy(member: Member): Supervised {
  return {
    databaseUrl: () => member.databaseUrl(),
    figures(own) {
      member.tellsFigures(async () => (await own()).text);
      return async () => {
        const text = await member.allFigures();
        return text === null ? await own() : { contentType: Registry.PROMETHEUS_CONTENT_TYPE, text };
      };
    },
  };
}
