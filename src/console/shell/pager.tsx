import { Button, Group } from '@mantine/core';
import { IconArrowUp, IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { useNavigate, useRouter } from '@tanstack/react-router';

/** From page to page of a list; where one is stands in the address, so that "back" is the browser's. */
export function Pager({
  next,
  isFirst,
  to,
  search,
}: {
  /** Null on the last page. */
  next: string | null;
  isFirst: boolean;
  to: '/callbacks' | '/calls' | '/settings/audit';
  /** The address of the page that begins there; null: of the first one. */
  search: (after: string | null) => object;
}) {
  const navigate = useNavigate();
  const router = useRouter();
  if (isFirst && next === null) return null;
  const go = (after: string | null): void => {
    void navigate({ to, search: search(after) });
    window.scrollTo({ top: 0 });
  };
  return (
    <Group component="nav" aria-label="Pages of the list" justify="center" mt="md" gap="sm">
      {!isFirst && (
        <>
          <Button variant="default" leftSection={<IconArrowUp size={16} aria-hidden />} onClick={() => go(null)}>
            First page
          </Button>
          <Button
            variant="default"
            leftSection={<IconChevronLeft size={16} aria-hidden />}
            onClick={() => router.history.back()}
          >
            Back
          </Button>
        </>
      )}
      {next !== null && (
        <Button variant="default" rightSection={<IconChevronRight size={16} aria-hidden />} onClick={() => go(next)}>
          Next page
        </Button>
      )}
    </Group>
  );
}

/** Rows that wait until nobody points at the list. */
export function WaitingRows({ count, onShow }: { count: number; onShow: () => void }) {
  return (
    <div role="status" className="rb-waiting-rows">
      {count > 0 && (
        <Button size="compact-sm" variant="light" radius="xl" onClick={onShow}>
          {count === 1 ? '1 row came or went: show' : `${count} rows came or went: show`}
        </Button>
      )}
    </div>
  );
}
