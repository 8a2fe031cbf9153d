import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ApiError, sentence } from '../api/http.ts';

/** A change of set-up: what it says when it is done and when it is not, and which answers it makes old. */
export interface ChangeOptions<Input, Output> {
  readonly run: (input: Input) => Promise<Output>;
  /** First members of the query keys to read anew. */
  readonly touches: readonly string[];
  readonly done?: (output: Output, input: Input) => { title: string; message: string };
  readonly failed: string;
  /** A refusal is shown where it was asked for; then nothing is said twice. */
  readonly told?: boolean;
  /** The form marks the fields that were refused; then nothing is said twice. */
  readonly marksFields?: boolean;
  readonly onDone?: (output: Output) => void;
}

/** Asks for a change and tells how it went; a refusal stays until it is read, with the gateway's reason. */
export function useChange<Input, Output>(options: ChangeOptions<Input, Output>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: options.run,
    onSuccess: (output, input) => {
      const told = options.done?.(output, input);
      if (told !== undefined) notifications.show({ ...told, color: 'green' });
      options.onDone?.(output);
    },
    onError: (error) => {
      if (options.told === true) return;
      if (options.marksFields === true && error instanceof ApiError && error.fields.length > 0) return;
      notifications.show({ title: options.failed, message: reasonOf(error), color: 'red', autoClose: 15_000 });
    },
    onSettled: () => Promise.all(options.touches.map((key) => queries.invalidateQueries({ queryKey: [key] }))),
  });
}

/** In people's words: a form marks the fields themselves, so their names in the API say nothing here. */
function reasonOf(error: Error): string {
  if (!(error instanceof ApiError)) return 'Something unexpected happened on this page.';
  return error.fields.length === 0 ? error.message : error.fields.map(({ message }) => sentence(message)).join(' ');
}
