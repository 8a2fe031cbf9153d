import { NativeSelect, Switch, Textarea, TextInput } from '@mantine/core';
import { Section } from '../shell/section.tsx';
import type { Editing, Policy } from './draft.ts';
import { Amount, List } from './inputs.tsx';
import { policyWords } from './words.ts';

/** How it keeps promises, first in words, then as it can be changed. */
export function CallbackSection({ editing }: { editing: Editing }) {
  const { draft, setPolicy, fault } = editing;
  const policy = draft.callbackPolicy;
  const at = (name: string): string | undefined => fault(`callbackPolicy.${name}`);
  return (
    <Section title="Callbacks" hint="How it keeps the promises that it makes.">
      <ul className="rb-words" aria-label="The policy in words" aria-live="polite">
        {policyWords(policy).map((words) => (
          <li key={words}>{words}</li>
        ))}
      </ul>
      <div className="rb-pair">
        <Amount
          label="Attempts in all"
          value={policy.maxAttempts}
          onChange={(maxAttempts) => setPolicy({ maxAttempts })}
          error={at('maxAttempts')}
        />
        <Amount
          label="Rings for"
          suffix=" seconds"
          value={policy.ringTimeoutSeconds}
          onChange={(ringTimeoutSeconds) => setPolicy({ ringTimeoutSeconds })}
          error={at('ringTimeoutSeconds')}
        />
      </div>
      <Delays policy={policy} onChange={setPolicy} fault={at} />
      <Hours policy={policy} onChange={setPolicy} fault={at} />
      <div className="rb-pair">
        <Amount
          label="Books at most"
          suffix=" days ahead"
          value={policy.horizonDays}
          onChange={(horizonDays) => setPolicy({ horizonDays })}
          error={at('horizonDays')}
        />
        <Amount
          label="Gives up"
          suffix=" minutes late"
          value={policy.expiresAfterMinutes}
          onChange={(expiresAfterMinutes) => setPolicy({ expiresAfterMinutes })}
          error={at('expiresAfterMinutes')}
        />
        <Amount
          label="Dials one person at most"
          suffix=" times a day"
          value={policy.maxDialsPerDay}
          onChange={(maxDialsPerDay) => setPolicy({ maxDialsPerDay })}
          error={at('maxDialsPerDay')}
        />
      </div>
      <List
        label="Countries"
        description="Two letters each, such as US, CA. Empty: those of its own phone numbers."
        values={policy.allowedCountries}
        read={(word) => (/^[a-z]{2}$/i.test(word) ? word.toUpperCase() : undefined)}
        wrong="Two letters each, with commas between them"
        error={at('allowedCountries')}
        onChange={(allowedCountries) => setPolicy({ allowedCountries })}
      />
      <Switch
        label="Other numbers"
        description="A caller may ask to be called on another number than the one that they call from."
        checked={policy.allowOtherNumbers}
        onChange={(event) => setPolicy({ allowOtherNumbers: event.currentTarget.checked })}
      />
      <Machines policy={policy} onChange={setPolicy} fault={at} />
    </Section>
  );
}

interface Part {
  readonly policy: Policy;
  readonly onChange: (change: Partial<Policy>) => void;
  readonly fault: (name: string) => string | undefined;
}

const delayNames = [
  ['noAnswer', 'After no answer'],
  ['busy', 'After busy or declined'],
  ['machine', 'After a machine'],
] as const;

function Delays({ policy, onChange, fault }: Part) {
  return (
    <div className="rb-pair">
      {delayNames.map(([name, label]) => (
        <List
          key={name}
          label={label}
          description="Minutes until the next dial; empty: not again"
          values={policy.retryDelaysMinutes[name]}
          read={(word) => (/^\d+(\.\d+)?$/.test(word) ? Number(word) : undefined)}
          wrong="Minutes with commas between them, such as 15, 60"
          error={fault(`retryDelaysMinutes.${name}`)}
          onChange={(values) => onChange({ retryDelaysMinutes: { ...policy.retryDelaysMinutes, [name]: values } })}
        />
      ))}
    </div>
  );
}

function Hours({ policy, onChange, fault }: Part) {
  const hours = policy.callingHours;
  const set = (change: { start?: string; end?: string }): void =>
    onChange({ callingHours: { start: '08:00', end: '21:00', ...hours, ...change } });
  return (
    <>
      <Switch
        label="Calling hours"
        description="By the clock of who is called. Without them it dials at any hour."
        checked={hours !== null}
        onChange={(event) => {
          if (event.currentTarget.checked) set({});
          else onChange({ callingHours: null });
        }}
      />
      {hours !== null && (
        <div className="rb-pair">
          <TextInput
            label="From"
            description="24 hours, such as 08:00"
            value={hours.start}
            onChange={(event) => set({ start: event.currentTarget.value })}
            error={fault('callingHours.start') ?? fault('callingHours')}
          />
          <TextInput
            label="To"
            description="24:00 is midnight"
            value={hours.end}
            onChange={(event) => set({ end: event.currentTarget.value })}
            error={fault('callingHours.end')}
          />
          <NativeSelect
            label="A wish outside of them"
            description="By voice, and through the API"
            value={policy.outsideHours}
            data={[
              { value: 'confirm', label: 'Is booked once confirmed' },
              { value: 'refuse', label: 'Is refused' },
            ]}
            onChange={(event) =>
              onChange({ outsideHours: event.currentTarget.value === 'refuse' ? 'refuse' : 'confirm' })
            }
          />
        </div>
      )}
    </>
  );
}

function Machines({ policy, onChange, fault }: Part) {
  return (
    <>
      <Switch
        label="Detect answering machines"
        description="Where the carrier can. A machine is no answer."
        checked={policy.detectMachines}
        error={fault('detectMachines')}
        onChange={(event) => onChange({ detectMachines: event.currentTarget.checked })}
      />
      {(policy.detectMachines || policy.onMachine === 'leave_message') && (
        <NativeSelect
          label="When a machine answers"
          value={policy.onMachine}
          data={[
            { value: 'hang_up', label: 'Hang up, and dial again later' },
            { value: 'leave_message', label: 'Leave a message, and do not dial again' },
          ]}
          onChange={(event) =>
            onChange({ onMachine: event.currentTarget.value === 'leave_message' ? 'leave_message' : 'hang_up' })
          }
        />
      )}
      {policy.onMachine === 'leave_message' && (
        <Textarea
          label="Message"
          value={policy.machineMessage}
          onChange={(event) => onChange({ machineMessage: event.currentTarget.value })}
          error={fault('machineMessage')}
          autosize
          minRows={2}
          maxLength={1000}
          required
        />
      )}
    </>
  );
}
