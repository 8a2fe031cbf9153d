import { Text } from '@mantine/core';
import { changedMembers, type ChangedMember } from './changed-members.ts';

/** The members in which two states differ, each as it was and as it became. */
export function Changes({ before, after }: { before: unknown; after: unknown }) {
  const rows = changedMembers(before, after);
  if (rows.length === 0)
    return (
      <Text size="sm" c="dimmed">
        –
      </Text>
    );
  const [first, ...rest] = rows;
  return (
    <>
      {first !== undefined && <Change {...first} />}
      {rest.length > 0 && (
        <details className="rb-policy">
          <summary>{rest.length} more</summary>
          {rest.map((row) => (
            <Change key={row.name} {...row} />
          ))}
        </details>
      )}
    </>
  );
}

function Change({ name, was, is }: ChangedMember) {
  return (
    <Text size="xs" component="div" className="rb-change">
      <span className="rb-change-name">{name}</span>{' '}
      {was !== null && (
        <del className="rb-free-text">
          <span className="rb-visually-hidden">was </span>
          {was}
        </del>
      )}{' '}
      {is !== null && (
        <ins className="rb-free-text">
          <span className="rb-visually-hidden">is now </span>
          {is}
        </ins>
      )}
    </Text>
  );
}
