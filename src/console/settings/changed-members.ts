/** A member by its path, as it was and as it became; null where it was not there. */
export interface ChangedMember {
  readonly name: string;
  readonly was: string | null;
  readonly is: string | null;
}

/** Objects inside are compared member by member, so that a policy shows what changed in it and not itself twice. */
export function changedMembers(before: unknown, after: unknown, path = ''): ChangedMember[] {
  const [was, is] = [asObject(before), asObject(after)];
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  return names.flatMap((name) => {
    const [one, other] = [was[name], is[name]];
    const full = path === '' ? name : `${path}.${name}`;
    if (isPlain(one) && isPlain(other)) return changedMembers(one, other, full);
    const [oneText, otherText] = [text(one), text(other)];
    return oneText === otherText ? [] : [{ name: full, was: oneText, is: otherText }];
  });
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asObject(value: unknown): Record<string, unknown> {
  if (isPlain(value)) return value;
  return value === null || value === undefined ? {} : { value };
}

function text(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? null);
}
