/** One server-sent event. */
export interface ServerEvent {
  /** What to ask for after a break; null where the event has none. */
  readonly id: string | null;
  readonly type: string;
  readonly data: string;
}

/** The most that may wait for the end of its line. */
const LONGEST_BUFFER = 2_000_000;

/** Reads `text/event-stream` as it comes (HTML standard, section 9.2.6). Throws where a line never ends. */
export class EventParser {
  #rest = '';
  #id: string | null = null;
  #type = '';
  #data: string[] = [];

  push(chunk: string): ServerEvent[] {
    const text = this.#rest + chunk;
    if (text.length > LONGEST_BUFFER) throw new RangeError('an event is too long');
    // A CR at the very end may be half of a CRLF.
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    return lines.map((line) => this.#read(line)).filter((event) => event !== null);
  }

  #read(line: string): ServerEvent | null {
    if (line === '') return this.#dispatch();
    if (line.startsWith(':')) return null;
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#type = value;
    if (field === 'data') this.#data.push(value);
    if (field === 'id' && !value.includes('\0')) this.#id = value;
    return null;
  }

  #dispatch(): ServerEvent | null {
    const event = { id: this.#id, type: this.#type === '' ? 'message' : this.#type, data: this.#data.join('\n') };
    this.#type = '';
    this.#data = [];
    return event.data === '' ? null : event;
  }
}
