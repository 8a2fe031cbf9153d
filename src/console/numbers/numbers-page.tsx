import { Button, SimpleGrid } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconAddressBook, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { numberList } from '../api/resources.ts';
import { Failure } from '../shell/failure.tsx';
import { Empty, Page, Waiting } from '../shell/page.tsx';
import { AddNumber } from './add-number.tsx';
import { NumberCard } from './number-card.tsx';

export function NumbersPage() {
  const numbers = useQuery(numberList);
  const [adding, { open, close }] = useDisclosure(false);
  return (
    <Page
      title="Phone numbers"
      hint="The lines on which agents answer and dial."
      actions={
        <Button leftSection={<IconPlus size={17} aria-hidden />} onClick={open}>
          Add a number
        </Button>
      }
    >
      {numbers.data === undefined && numbers.isError && (
        <Failure what="The phone numbers" error={numbers.error} onRetry={() => void numbers.refetch()} />
      )}
      {numbers.isPending && <Waiting rows={2} />}
      {numbers.data?.items.length === 0 && (
        <Empty icon={<IconAddressBook size={32} stroke={1.4} aria-hidden />} title="No phone numbers">
          A carrier's number shows up here with its first signed call.
        </Empty>
      )}
      <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }} spacing="md">
        {numbers.data?.items.map((number) => (
          <NumberCard key={number.id} number={number} />
        ))}
      </SimpleGrid>
      <AddNumber opened={adding} onClose={close} />
    </Page>
  );
}
