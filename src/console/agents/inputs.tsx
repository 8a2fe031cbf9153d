import { NumberInput, TextInput, type NumberInputProps } from '@mantine/core';
import { useState } from 'react';

/** A number; what is none is told here, and never sent as something else. */
export function Amount({
  value,
  onChange,
  error,
  ...rest
}: Omit<NumberInputProps, 'value' | 'onChange' | 'error'> & {
  value: number;
  onChange: (value: number) => void;
  error: string | undefined;
}) {
  const missing = Number.isNaN(value);
  return (
    <NumberInput
      {...rest}
      value={missing ? '' : value}
      onChange={(next) => onChange(next === '' ? Number.NaN : Number(next))}
      error={missing ? 'A number is needed' : error}
      hideControls
      allowNegative={false}
    />
  );
}

/** Several values in one line, with commas. The text stays as it was typed for as long as it is being typed. */
export function List<Value extends string | number>({
  label,
  description,
  values,
  read,
  wrong,
  error,
  onChange,
}: {
  label: string;
  description: string;
  values: readonly Value[];
  /** Undefined where a word is no value. */
  read: (word: string) => Value | undefined;
  /** What is said then. */
  wrong: string;
  error: string | undefined;
  onChange: (values: Value[]) => void;
}) {
  const [text, setText] = useState(values.join(', '));
  const [bad, setBad] = useState(false);
  return (
    <TextInput
      label={label}
      description={description}
      value={text}
      error={bad ? wrong : error}
      onChange={(event) => {
        const typed = event.currentTarget.value;
        setText(typed);
        const found = typed
          .split(/[,;]/)
          .map((word) => word.trim())
          .filter((word) => word !== '')
          .map(read);
        const good = found.filter((value) => value !== undefined);
        setBad(good.length < found.length);
        if (good.length === found.length) onChange(good);
      }}
    />
  );
}
