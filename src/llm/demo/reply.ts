/** What the brain says, and the tool it calls after that. */
export interface Reply {
  readonly text: string;
  readonly call?: { readonly name: string; readonly arguments: Readonly<Record<string, unknown>> };
}
