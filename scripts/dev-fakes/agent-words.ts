import { z } from 'zod';
import { turnWire } from '../../src/api/calls.ts';
import { EventParser } from '../../src/console/api/event-parser.ts';

export interface AgentWordsOptions {
  /** Where the gateway listens. */
  readonly url: string;
  readonly token: string;
  readonly print: (line: string) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
}

const said = z.object({ callId: z.string(), turn: turnWire });

/**
 * Prints what the agent says when it begins to sound, as the console learns it. What its voice is given is more than that:
 * sentences for bad moments are spoken in advance, and an opening while it still rings. Resolves once events come in, and
 * goes on until the signal. Throws where the gateway refuses.
 */
export async function printAgentWords({ url, token, print, signal }: AgentWordsOptions): Promise<void> {
  const since = Temporal.Now.instant();
  const answer = await fetch(`${url}/api/v1/events`, { headers: { authorization: `Bearer ${token}` }, signal });
  if (!answer.ok || answer.body === null) throw new Error(`the gateway gives no events: ${answer.status}`);
  void follow(answer.body, since, print).catch((error: unknown) => {
    if (!signal.aborted) print(`   what the agent says is not heard any more: ${String(error)}`);
  });
}

async function follow(
  body: ReadableStream<Uint8Array>,
  since: Temporal.Instant,
  print: (line: string) => void,
): Promise<void> {
  const parser = new EventParser();
  const text = new TextDecoder();
  const printed = new Map<string, string>();
  for await (const chunk of body)
    for (const event of parser.push(text.decode(chunk, { stream: true }))) {
      if (event.type !== 'call.turn') continue;
      const { callId, turn } = said.parse(JSON.parse(event.data));
      // A gateway that has just started tells its first reader of the latest events once more.
      if (turn.role !== 'agent' || Temporal.Instant.compare(turn.startedAt, since) < 0) continue;
      const key = `${callId} ${turn.index}`;
      const before = printed.get(key) ?? '';
      // A turn is told of as it grows; what is new of it is a line.
      const words = turn.text.startsWith(before) ? turn.text.slice(before.length).trim() : '';
      if (words !== '') print(`   agent  ${words}`);
      printed.set(key, turn.text);
    }
}
