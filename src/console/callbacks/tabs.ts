/** Which callbacks are looked at; it stands in the address. */
export const tabs = ['upcoming', 'history', 'all'] as const;
export type Tab = (typeof tabs)[number];

export const tabTitles: Record<Tab, string> = { upcoming: 'Upcoming', history: 'History', all: 'All' };

export function readTab(search: Record<string, unknown>): { tab?: Tab } {
  const tab = tabs.find((each) => each === search['tab']);
  return tab === undefined || tab === 'upcoming' ? {} : { tab };
}
