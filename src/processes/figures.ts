/** The figures of one process, in Prometheus's text format; null where it gave none in time. */
export interface ProcessFigures {
  readonly number: number;
  readonly text: string | null;
}

/**
 * The figures of all processes of one machine as one text: every sample with a label `process`, every family once.
 * `ringback_process_up` says who answered.
 */
export function joinFigures(all: readonly ProcessFigures[]): string {
  const families = new Map<string, { readonly head: string[]; readonly samples: string[] }>();
  for (const { number, text } of all) {
    const begun = new Set<string>();
    let samples: string[] = [];
    for (const line of (text ?? '').split('\n')) {
      const name = /^# (?:HELP|TYPE) (\S+)/.exec(line)?.[1];
      if (name === undefined) {
        if (line !== '' && !line.startsWith('#')) samples.push(labelled(line, number));
        continue;
      }
      const family = families.get(name) ?? { head: [], samples: [] };
      if (!families.has(name)) begun.add(name);
      families.set(name, family);
      if (begun.has(name)) family.head.push(line);
      ({ samples } = family);
    }
  }
  const up = [
    '# HELP ringback_process_up Whether this process of the machine gave its figures.',
    '# TYPE ringback_process_up gauge',
    ...all.map(({ number, text }) => `ringback_process_up{process="${number}"} ${text === null ? 0 : 1}`),
  ];
  const lines = [...families.values()].flatMap(({ head, samples }) => [...head, ...samples]);
  return `${[...lines, ...up].join('\n')}\n`;
}

/** A metric's name holds no brace and no blank, so the first of either ends it. */
function labelled(sample: string, number: number): string {
  const end = sample.search(/[{ ]/);
  const rest = sample.slice(end);
  const label = `process="${number}"`;
  return `${sample.slice(0, end)}{${label}${rest.startsWith('{') ? `,${rest.slice(1)}` : `}${rest}`}`;
}
