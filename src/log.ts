import { pino, type LoggerOptions } from 'pino';

/**
 * What the rooms log through. A line is a fixed message and fields of ids and numbers; words of a caller,
 * prompts, phone numbers and secrets go only under the redacted keys below.
 */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(bindings: object): Log;
}

/** Keys whose values never reach the output, at the top of a line and one level below. */
const personal = ['text', 'heardText', 'prompt', 'number', 'to', 'from', 'callee', 'caller', 'reason', 'name'];
const secret = ['token', 'password', 'authorization', 'cookie', 'code', 'key', 'secret', 'url'];
const redacted = [...personal, ...secret];

/** pino options shared by our log and Fastify's: JSON on stdout, pretty on a terminal. */
export function logOptions(level: string, isTerminal: boolean): LoggerOptions {
  return {
    level,
    base: null,
    redact: { paths: [...redacted, ...redacted.map((key) => `*.${key}`)], censor: '[redacted]' },
    ...(isTerminal
      ? {
          transport: {
            target: 'pino-pretty',
            options: { ignore: 'pid,hostname', translateTime: 'HH:MM:ss' },
          },
        }
      : {}),
  };
}

/** The process's log. */
export function openLog(level: string, isTerminal: boolean): Log {
  return pino(logOptions(level, isTerminal));
}
