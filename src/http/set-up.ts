import type { FastifyInstance } from 'fastify';
import { agentRoutes } from './agents.ts';
import { auditRoutes } from './audit.ts';
import type { AppDeps } from './deps.ts';
import { doNotCallRoutes } from './do-not-call.ts';
import { peopleRoutes } from './people.ts';
import { phoneNumberRoutes } from './phone-numbers.ts';
import { sessionsRoutes } from './sessions.ts';
import { systemRoutes } from './system.ts';
import { toolRoutes } from './tools.ts';

/** What an operator sets up, one plugin per resource. */
export async function setUpRoutes(app: FastifyInstance, deps: AppDeps): Promise<void> {
  await agentRoutes(app, deps);
  await phoneNumberRoutes(app, deps);
  await toolRoutes(app, deps);
  await doNotCallRoutes(app, deps);
  await systemRoutes(app, deps);
  await sessionsRoutes(app, deps);
  await auditRoutes(app, deps);
  await peopleRoutes(app, deps);
}
