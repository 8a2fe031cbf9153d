import { Badge, Code, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { SystemWire } from '../../api/system.ts';
import { systemQuery } from '../api/resources.ts';
import { PageLink } from '../shell/page-link.tsx';
import { Section } from '../shell/section.tsx';

type Vendor = SystemWire['vendors'][number];

const kinds = [
  ['carrier', 'Telephone'],
  ['stt', 'Speech recognition'],
  ['llm', 'Language model'],
  ['tts', 'Voice'],
] as const satisfies readonly (readonly [Vendor['kind'], string])[];

/** What this installation runs on. Keys come from the environment alone; here stands whether they are there. */
export function SystemSection() {
  const system = useQuery(systemQuery);
  if (system.data === undefined) return null;
  const { vendors, standIns, version } = system.data;
  const database = standIns.find(({ kind }) => kind === 'database');
  return (
    <Section
      title="What it runs on"
      hint="Vendors are set up in the environment; their keys are never shown. A stand-in gives way to the first real one."
      anchor="system"
    >
      {kinds.map(([kind, title]) => (
        <div key={kind}>
          <Text size="sm" fw={600} component="h3">
            {title}
          </Text>
          <ul className="rb-lines" aria-label={title}>
            {vendors
              .filter((vendor) => vendor.kind === kind)
              .map((vendor) => (
                <VendorLine key={vendor.name} vendor={vendor} />
              ))}
          </ul>
        </div>
      ))}
      <Text size="sm" c="dimmed">
        {database === undefined ? 'The database is the one of DATABASE_URL.' : database.notice} Version {version}.{' '}
        <PageLink to="/agents" size="sm" underline="always">
          Agents choose among vendors.
        </PageLink>
      </Text>
    </Section>
  );
}

function VendorLine({ vendor }: { vendor: Vendor }) {
  const { words, colour } = stateOf(vendor);
  const looks = colour === null ? { variant: 'default' } : { variant: 'light', color: colour };
  return (
    <li>
      <Group gap="sm">
        <Text size="sm">{vendor.title}</Text>
        <Badge {...looks} tt="none">
          {words}
        </Badge>
      </Group>
      {vendor.settings.length > 0 && (
        <Group gap={6} mt={6}>
          {vendor.settings.map((name) => (
            <Code key={name}>{name}</Code>
          ))}
        </Group>
      )}
    </li>
  );
}

function stateOf(vendor: Vendor): { words: string; colour: string | null } {
  if (!vendor.inUse) return { words: vendor.standIn ? 'Not needed' : 'Not set up', colour: null };
  if (!vendor.standIn) return { words: 'In use', colour: 'green' };
  // The softphone stays beside real carriers.
  return vendor.kind === 'carrier' ? { words: 'Built in', colour: 'green' } : { words: 'Stands in', colour: 'yellow' };
}
