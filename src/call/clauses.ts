/** Shorter ones sound chopped, and cost a request each. */
const FEWEST_CHARACTERS = 12;
/** The first clause may end at a comma, so that the voice begins early. */
const FIRST_BREAK = /[.!?…:;,。！？、](?=\s|$)|[—–](?=\s)|\n/gu;
const LATER_BREAK = /[.!?…:;。！？](?=\s|$)|\n/gu;
/**
 * A mark behind a whole word: nothing that belongs to it can follow, as behind "3.", "U.S.", "Dr." or within an address
 * ("www.", "@").
 */
const SURE_END = /(?:^|[\s"'“‘(])\p{L}*\p{Ll}{3,}[”’"')]?[.!?…;,]$|[。！？、]$/u;
/** Without any break a clause is cut at a space. */
const MOST_CHARACTERS = 240;

/** Cuts streamed text into clauses that can be spoken one by one; the first as early as it makes sense. */
export class Clauses {
  #text = '';
  #any = false;

  /**
   * Takes more text; returns the clauses that are whole now. A break at the very end waits for what follows it, but for
   * the first one behind a whole word: the caller hears silence until then, and waiting costs them a token's time.
   */
  push(text: string): string[] {
    this.#text += text;
    const clauses: string[] = [];
    for (let clause = this.#next(); clause !== undefined; clause = this.#next()) clauses.push(clause);
    return clauses;
  }

  /** No more text comes: the rest, if it holds any words. */
  flush(): string[] {
    const rest = this.#text.trim();
    this.#text = '';
    return speakable(rest) ? [rest] : [];
  }

  #next(): string | undefined {
    const end = this.#end();
    if (end === undefined) return undefined;
    const clause = this.#text.slice(0, end).trim();
    this.#text = this.#text.slice(end);
    this.#any = true;
    return speakable(clause) ? clause : this.#next();
  }

  #end(): number | undefined {
    for (const match of this.#text.matchAll(this.#any ? LATER_BREAK : FIRST_BREAK)) {
      const end = match.index + match[0].length;
      // "3." may go on as "3.5", and "Dr." is told by its length only.
      const followed = end < this.#text.length || match[0] === '\n';
      if (end < FEWEST_CHARACTERS) continue;
      if (followed || (!this.#any && SURE_END.test(this.#text))) return end;
    }
    if (this.#text.length <= MOST_CHARACTERS) return undefined;
    const space = this.#text.lastIndexOf(' ', MOST_CHARACTERS);
    return space > 0 ? space : MOST_CHARACTERS;
  }
}

function speakable(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}
