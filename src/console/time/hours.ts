/** Whether a wall time lies outside; hours that end before they begin go over midnight. */
export function isOutside(wall: string, hours: { start: string; end: string } | null | undefined): boolean {
  const time = wall.slice(11);
  if (hours === null || hours === undefined || time === '') return false;
  const { start, end } = hours;
  return start <= end ? time < start || time >= end : time < start && time >= end;
}
