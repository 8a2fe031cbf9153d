/**
 * Lets what is asked in one turn of the loop share a statement: works that share a transaction ask the same things at the
 * same moment. Each is answered as if it had asked alone; where the statement fails, it fails for all of them.
 */
export class Gathered<Question, Answer> {
  readonly #askAll: (questions: readonly Question[]) => Promise<readonly Answer[]>;
  #waiting: { readonly question: Question; readonly answer: PromiseWithResolvers<Answer> }[] = [];

  /** `askAll` answers all in their order. */
  constructor(askAll: (questions: readonly Question[]) => Promise<readonly Answer[]>) {
    this.#askAll = askAll;
  }

  ask(question: Question): Promise<Answer> {
    const answer = Promise.withResolvers<Answer>();
    this.#waiting.push({ question, answer });
    if (this.#waiting.length === 1) queueMicrotask(() => void this.#askThem());
    return answer.promise;
  }

  /** Never rejects. */
  async #askThem(): Promise<void> {
    const asked = this.#waiting;
    this.#waiting = [];
    try {
      const answers = await this.#askAll(asked.map(({ question }) => question));
      asked.forEach(({ answer }, index) => {
        if (index < answers.length) answer.resolve(answers[index] as Answer);
        else answer.reject(new Error('a question was left without an answer'));
      });
    } catch (error) {
      for (const { answer } of asked) answer.reject(error);
    }
  }
}
